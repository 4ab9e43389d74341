import type {
  ActorRecord,
  ActorTransition,
  ChartState,
  ChartTransition,
  InspectionRecord,
  MachineChart,
  OperationRecord,
} from '../../../src/inspection/records.js';

export interface MadeMachinesOptions {
  readonly service: string;
  readonly startedAt: number;
  readonly seenAt: number;
  readonly closed: boolean;
  readonly step: number;
  readonly nextSeqId: number;
  readonly operations: readonly OperationRecord[];
  readonly training: string;
  readonly sampling: string;
}

/** What stands beside the operations: the service with its session, charts, actors, clients and notices. */
export function madeMachines(options: MadeMachinesOptions): InspectionRecord[] {
  const { service, startedAt, seenAt, closed, operations } = options;
  const base = { service } as const;
  const heartbeats = Math.floor((seenAt - startedAt) / 10_000);
  const actors = madeActors(options);
  return [
    {
      ...base, type: 'service', key: '', at: seenAt, baseUrl: 'https://tinker.example/services/prod', version: '0.1.0', nodeVersion: 'v20.20.0',
      pid: 4242, startedAt, ...(closed && { closedAt: seenAt }),
      session: { state: 'beating', id: 'session-6f1c2a7e', heardAt: seenAt - 1200, heartbeats, failedHeartbeats: Math.floor(heartbeats / 40), heartbeatMs: 38 },
    },
    ...charts.map((chart): InspectionRecord => ({ ...base, type: 'chart', key: chart.id, at: startedAt, chart })),
    ...actors,
    ...madeClients(options),
    { ...base, type: 'notice', key: '1', at: startedAt + 20, level: 'info', text: 'The service opened a session with the server.' },
    ...(operations.some(({ group }) => group === 'training')
      ? [{ ...base, type: 'notice', key: '2', at: startedAt + 9000, level: 'info', text: 'A training client was opened.', client: options.training } as const]
      : []),
    ...(heartbeats > 40
      ? [{ ...base, type: 'notice', key: '3', at: startedAt + 400_000, level: 'warning', text: 'The session was at risk for 12 s: no heartbeat was answered.' } as const]
      : []),
  ];
}

function madeClients({ service, seenAt, closed, step, nextSeqId, operations, training, sampling }: MadeMachinesOptions): InspectionRecord[] {
  const counted = (group: OperationRecord['group']) => {
    const mine = operations.filter((operation) => operation.group === group);
    const open = mine.filter(({ endedAt }) => endedAt === undefined);
    return {
      mine,
      open,
      done: mine.filter(({ status }) => status === 'done').length,
      failed: mine.filter(({ status }) => status === 'failed').length,
    };
  };
  const trained = counted('training');
  const sampled = counted('sampling');
  const queue = trained.open.filter(({ status }) => status === 'queued');
  const sending = trained.open.find(({ status }) => status === 'sending');
  const inFlight = trained.open.filter(({ status }) => status === 'polling' || status === 'paused');
  const clients: InspectionRecord[] = [];
  if (trained.mine.length > 0) {
    clients.push({
      type: 'training', service, key: training, at: seenAt, actor: 'training-0', paused: false, nextSeqId, optimSteps: step,
      state: closed ? 'stopped' : sending === undefined ? 'idle' : 'submitting',
      queue: queue.slice(0, 100).map(({ key, kind, bytes }) => ({ id: key, kind, bytes: bytes ?? 64, parts: 1 })),
      queued: queue.length,
      queuedBytes: queue.reduce((sum, { bytes }) => sum + (bytes ?? 64), 0),
      ...(sending !== undefined && { sending: { id: sending.key, kind: sending.kind, seqIds: sending.seqIds ?? [] } }),
      inFlight: inFlight.slice(0, 100).map(({ key, kind, seqIds }) => ({ id: key, kind, seqIds: seqIds ?? [], polls: 3 })),
      inFlightCount: inFlight.length,
      counters: { accepted: trained.mine.length - queue.length, done: trained.done, failed: trained.failed, cancelled: 0 },
      ...(step >= 50 && { lastCheckpoint: `tinker://${training}/sampler_weights/step-${step - (step % 50)}` }),
    });
  }
  if (sampled.mine.length > 0) {
    const resubmitted = sampled.mine.filter(({ marks }) => marks.length > 0).length;
    clients.push({
      type: 'sampling', service, key: sampling, at: seenAt, samplingSessionId: 'sampling-session-1', gate: 'open',
      state: sampled.open.length > 0 ? 'busy' : 'idle', waiting: sampled.open.filter(({ status }) => status === 'queued').length,
      running: sampled.open.length, counters: { done: sampled.done, failed: sampled.failed, cancelled: 0, resubmitted }, unrecorded: 0,
    });
  }
  return clients;
}

function madeActors({ service, startedAt, seenAt, closed, operations, sampling }: MadeMachinesOptions): ActorRecord[] {
  const actor = (key: string, machine: string, states: readonly string[], recent: readonly ActorTransition[], parent?: string): ActorRecord => ({
    type: 'actor', service, key, at: seenAt, id: key, machine, states, since: recent.at(-1)?.at ?? startedAt, status: closed ? 'stopped' : 'active',
    transitions: recent.length, recent, ...(parent !== undefined && { parent }),
  });
  const beats = [4, 3, 2, 1].flatMap((back): ActorTransition[] => [
    { event: 'after heartbeat', from: ['alive.pulse.resting', 'alive.condition.beating'], to: ['alive.pulse.asking', 'alive.condition.beating'], at: seenAt - back * 10_000 },
    { event: 'request.settled', from: ['alive.pulse.asking', 'alive.condition.beating'], to: ['alive.pulse.resting', 'alive.condition.beating'], at: seenAt - back * 10_000 + 38 },
  ]);
  const has = (group: OperationRecord['group']) => operations.some((operation) => operation.group === group);
  return [
    actor('service', 'service', ['open'], [{ event: 'session.opened', from: ['opening'], to: ['open'], at: startedAt + 40 }]),
    actor('session', 'session', ['alive.pulse.resting', 'alive.condition.beating'], beats, 'service'),
    ...(has('training') ? [actor('training-0', 'training', [closed ? 'stopped' : 'idle'], [], 'service')] : []),
    ...(has('sampling') ? [actor(sampling, 'sampling', ['idle'], [], 'service')] : []),
  ];
}

const state = (path: string, type: ChartState['type'] = 'atomic', initial = false, invokes: readonly string[] = []): ChartState => ({ path, type, initial, invokes });
const change = (from: string, event: string, to: string, guard?: string): ChartTransition => ({ from, to: [to], event, ...(guard !== undefined && { guard }) });

const charts: readonly MachineChart[] = [
  { id: 'service', states: [state('opening', 'atomic', true), state('open'), state('closed', 'final')], transitions: [change('opening', 'session.opened', 'open'), change('', 'service.closed', 'closed')] },
  {
    id: 'session',
    states: [
      state('opening', 'atomic', true, ['request']), state('alive', 'parallel'), state('alive.pulse', 'compound', true),
      state('alive.pulse.resting', 'atomic', true), state('alive.pulse.asking', 'atomic', false, ['request']),
      state('alive.condition', 'compound', true), state('alive.condition.beating', 'atomic', true), state('alive.condition.atRisk'),
      state('failed'), state('lost'),
    ],
    transitions: [
      change('opening', 'request.settled', 'alive', 'was answered'), change('opening', 'request.settled', 'failed'), change('failed', 'session.wanted', 'opening'),
      change('alive', 'session.refused', 'lost'), change('alive.pulse.resting', 'after heartbeat', 'alive.pulse.asking'),
      change('alive.pulse.asking', 'request.settled', 'lost', 'session is unknown'), change('alive.pulse.asking', 'request.settled', 'alive.pulse.resting'),
      change('alive.condition.beating', 'always', 'alive.condition.atRisk', 'silent for too long'), change('alive.condition.atRisk', 'always', 'alive.condition.beating', 'heard from'),
    ],
  },
  {
    id: 'training',
    states: [state('idle', 'atomic', true), state('paused'), state('holding'), state('computing', 'atomic', false, ['secondPass']), state('submitting'), state('wedged'), state('stopped', 'final')],
    transitions: [
      change('idle', 'always', 'holding', 'something is held'), change('idle', 'always', 'paused', 'is paused'), change('idle', 'always', 'submitting', 'something is queued'),
      change('paused', 'always', 'idle', 'not is paused'), change('holding', 'always', 'computing', 'its first pass is over'), change('computing', 'secondPass done', 'submitting'),
      change('submitting', 'request.settled', 'idle', 'is decided'), change('submitting', 'request.settled', 'wedged'), change('wedged', 'queue.retried', 'submitting'),
      change('wedged', 'queue.skipped', 'idle'), change('', 'client.stopped', 'stopped'),
    ],
  },
  { id: 'sampling', states: [state('idle', 'atomic', true), state('busy'), state('stopped', 'final')], transitions: [change('idle', 'call.made', 'busy'), change('busy', 'call.over', 'idle', 'none is left'), change('', 'client.stopped', 'stopped')] },
];
