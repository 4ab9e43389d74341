import { assign, emit, enqueueActions, setup, type ActorRefFrom } from 'xstate';
import type { TinkerError } from '../types/errors.js';
import type { FuturePolicy } from './future-messages.js';
import { loneOperationMachine, type LoneOperationInput, type LoneOperationQueueState, type LoneOperationSettled } from './lone-operation-machine.js';
import { requestMachine } from './request-machine.js';
import type { RequestLimits, RequestPaused, RequestPolicy, RequestSettled } from './request-messages.js';
import { restoreMachine, type RestoreSettled } from './restore-machine.js';
import { samplingGateMachine, type SamplingGateActor, type SamplingGateInput } from './sampling-gate-machine.js';
import { samplingMachine, type SamplingActor, type SamplingInput, type SamplingStopped } from './sampling-machine.js';
import { sessionMachine, type SessionInput, type SessionNews } from './session-machine.js';
import { telemetryMachine } from './telemetry-machine.js';
import { trainingMachine, type TrainingActor } from './training-machine.js';
import type { TrainingBeginning, TrainingInput, TrainingStopped } from './training-messages.js';

/**
 * The root: it owns the session and whatever runs in it, and passes on what they report. `open` until
 * the service is closed; stopping it stops everything below.
 */
export interface ServiceInput {
  readonly requestPolicy: RequestPolicy;
  readonly futurePolicy: FuturePolicy;
  readonly heartbeatMs: number;
  readonly atRiskMs: number;
  readonly lostMs: number;
}

export type ServiceEvent =
  | { readonly type: 'session.wanted' }
  | { readonly type: 'session.refused'; readonly error: TinkerError }
  | { readonly type: 'request.made'; readonly key: string; readonly kind: string; readonly limits?: RequestLimits }
  | { readonly type: 'loneOperation.made'; readonly key: string; readonly kind: string; readonly patienceMs: number }
  | { readonly type: 'restore.made'; readonly key: string; readonly byLoading: boolean }
  | { readonly type: 'training.made'; readonly actorId: string; readonly modelId: string; readonly begin?: TrainingBeginning | undefined }
  | ({ readonly type: 'sampling.made' } & SamplingInput & SamplingGateInput)
  | { readonly type: 'settings.changed'; readonly requestPolicy: RequestPolicy; readonly futurePolicy: FuturePolicy }
  | { readonly type: 'telemetry.wanted' }
  | { readonly type: 'service.closed' }
  | RequestPaused
  | RequestSettled
  | LoneOperationQueueState
  | LoneOperationSettled
  | RestoreSettled
  | TrainingStopped
  | SamplingStopped
  | SessionNews;

/** What the service's clients hear. */
export type ServiceEmitted = RequestPaused | RequestSettled | LoneOperationQueueState | LoneOperationSettled | RestoreSettled | SessionNews;

export interface ServiceContext extends ServiceInput {
  /** The training clients that are open, by actor id. */
  readonly trainings: Readonly<Record<string, TrainingActor>>;
  /** The sampling clients that are open, by actor id. */
  readonly samplings: Readonly<Record<string, SamplingActor>>;
  /** What all of them pass; there from the first one on. */
  readonly samplingGate: SamplingGateActor | undefined;
}

const serviceSetup = setup({
  types: {} as {
    input: ServiceInput;
    context: ServiceContext;
    events: ServiceEvent;
    emitted: ServiceEmitted;
    children: { session: 'session'; telemetry: 'telemetry' };
  },
  actors: {
    session: sessionMachine,
    request: requestMachine,
    loneOperation: loneOperationMachine,
    restore: restoreMachine,
    training: trainingMachine,
    sampling: samplingMachine,
    samplingGate: samplingGateMachine,
    telemetry: telemetryMachine,
  },
  actions: {
    'want session': enqueueActions(({ context, enqueue, self }) => {
      const session = self.getSnapshot().children.session;
      if (session === undefined) enqueue.spawnChild('session', { id: 'session', input: sessionInput(context) });
      else enqueue.sendTo(session, { type: 'session.wanted' });
    }),
    'refuse session': enqueueActions(({ enqueue, self }, { error }: { error: TinkerError }) => {
      const { session } = self.getSnapshot().children;
      if (session !== undefined) enqueue.sendTo(session, { type: 'session.refused', error });
    }),
    'spawn request': enqueueActions(({ context, enqueue }, { key, kind, limits = {} }: { key: string; kind: string; limits?: RequestLimits }) => {
      const policy = { ...context.requestPolicy, ...limits };
      enqueue.spawnChild('request', { id: key, input: { key, part: 0, kind, seqId: undefined, policy } });
    }),
    'spawn lone operation': enqueueActions(({ context, enqueue }, order: Pick<LoneOperationInput, 'key' | 'kind' | 'patienceMs'>) => {
      const { requestPolicy, futurePolicy } = context;
      enqueue.spawnChild('loneOperation', { id: order.key, input: { ...order, requestPolicy, futurePolicy } });
    }),
    'spawn restore': enqueueActions(({ enqueue }, params: { key: string; byLoading: boolean }) => {
      enqueue.spawnChild('restore', { id: params.key, input: params });
    }),
    'spawn training': assign(({ context, spawn }, { actorId, modelId, begin }: Pick<TrainingInput, 'actorId' | 'modelId' | 'begin'>) => {
      const { requestPolicy, futurePolicy } = context;
      const training = spawn('training', { id: actorId, input: { actorId, modelId, begin, requestPolicy, futurePolicy } });
      return { trainings: { ...context.trainings, [actorId]: training } };
    }),
    'drop training': enqueueActions(({ context, enqueue }, { id }: { id: string }) => {
      enqueue.assign({ trainings: Object.fromEntries(Object.entries(context.trainings).filter(([other]) => other !== id)) });
      enqueue.stopChild(id);
    }),
    'spawn sampling': assign(({ context, spawn }, { dispatchBytes, ...input }: SamplingInput & SamplingGateInput) => ({
      samplingGate: context.samplingGate ?? spawn('samplingGate', { id: 'samplingGate', input: { dispatchBytes } }),
      samplings: { ...context.samplings, [input.actorId]: spawn('sampling', { id: input.actorId, input }) },
    })),
    'drop sampling': enqueueActions(({ context, enqueue }, { id }: { id: string }) => {
      enqueue.assign({ samplings: Object.fromEntries(Object.entries(context.samplings).filter(([other]) => other !== id)) });
      enqueue.stopChild(id);
    }),
    'spawn telemetry': enqueueActions(({ enqueue }) => enqueue.spawnChild('telemetry', { id: 'telemetry' })),
    'drop child': enqueueActions(({ enqueue }, { id }: { id: string }) => {
      enqueue.stopChild(id);
    }),
    // Ended machines keep their children otherwise, and this one is kept by its client.
    'drop all': enqueueActions(({ enqueue, self }) => {
      for (const id of Object.keys(self.getSnapshot().children)) enqueue.stopChild(id);
      enqueue.assign({ trainings: {}, samplings: {}, samplingGate: undefined });
    }),
    'keep settings': assign((_, settings: Pick<ServiceInput, 'requestPolicy' | 'futurePolicy'>) => settings),
    'pass on': emit((_, { news }: { news: ServiceEmitted }) => news),
  },
});

const keyOf = ({ event }: { event: { key: string } }) => ({ id: event.key });
const newsOf = <News>({ event }: { event: News }) => ({ news: event });

export const serviceMachine = serviceSetup.createMachine({
  id: 'service',
  initial: 'open',
  context: ({ input }) => ({ ...input, trainings: {}, samplings: {}, samplingGate: undefined }),
  states: {
    open: {
      on: {
        'session.wanted': { actions: 'want session' },
        'session.refused': { actions: { type: 'refuse session', params: ({ event }) => ({ error: event.error }) } },
        'request.made': { actions: { type: 'spawn request', params: ({ event }) => event } },
        'loneOperation.made': {
          actions: {
            type: 'spawn lone operation',
            params: ({ event: { key, kind, patienceMs } }) => ({ key, kind, patienceMs }),
          },
        },
        'restore.made': {
          actions: { type: 'spawn restore', params: ({ event }) => ({ key: event.key, byLoading: event.byLoading }) },
        },
        'training.made': {
          actions: { type: 'spawn training', params: ({ event: { actorId, modelId, begin } }) => ({ actorId, modelId, begin }) },
        },
        'sampling.made': {
          actions: {
            type: 'spawn sampling',
            params: ({ event: { actorId, samplingSessionId, maxConcurrent, progressTimeoutMs, dispatchBytes } }) => ({
              actorId,
              samplingSessionId,
              maxConcurrent,
              progressTimeoutMs,
              dispatchBytes,
            }),
          },
        },
        'request.paused': { actions: { type: 'pass on', params: newsOf } },
        'loneOperation.queueState': { actions: { type: 'pass on', params: newsOf } },
        'request.settled': { actions: [{ type: 'drop child', params: keyOf }, { type: 'pass on', params: newsOf }] },
        'loneOperation.settled': { actions: [{ type: 'drop child', params: keyOf }, { type: 'pass on', params: newsOf }] },
        'restore.settled': { actions: [{ type: 'drop child', params: keyOf }, { type: 'pass on', params: newsOf }] },
        'training.stopped': { actions: { type: 'drop training', params: ({ event }) => ({ id: event.actorId }) } },
        'sampling.stopped': { actions: { type: 'drop sampling', params: ({ event }) => ({ id: event.actorId }) } },
        'session.opened': { actions: { type: 'pass on', params: newsOf } },
        'session.failed': { actions: { type: 'pass on', params: newsOf } },
        'session.atRisk': { actions: { type: 'pass on', params: newsOf } },
        'session.recovered': { actions: { type: 'pass on', params: newsOf } },
        'session.lost': { actions: { type: 'pass on', params: newsOf } },
        'settings.changed': {
          actions: {
            type: 'keep settings',
            params: ({ event: { requestPolicy, futurePolicy } }) => ({ requestPolicy, futurePolicy }),
          },
        },
        'telemetry.wanted': { actions: 'spawn telemetry' },
        'service.closed': 'closed',
      },
    },
    closed: { type: 'final', entry: 'drop all' },
  },
});
/** The root actor of a service, for inspection. */
export type ServiceActor = ActorRefFrom<typeof serviceMachine>;

function sessionInput({ requestPolicy, heartbeatMs, atRiskMs, lostMs }: ServiceInput): SessionInput {
  return { requestPolicy, heartbeatMs, atRiskMs, lostMs };
}
