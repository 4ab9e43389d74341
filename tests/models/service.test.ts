import { describe, expect, it } from '@jest/globals';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { serviceMachine, type ServiceInput } from '../../src/machines/service-machine.js';
import { explore, held, type Model, type Step } from './explore.js';
import { failure } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof serviceMachine>;

/** What was made, and has not ended. */
interface World {
  readonly made: readonly string[];
  readonly open: readonly string[];
}

const policy = { attemptTimeoutMs: 1_000, deadlineMs: 0, billingDeadlineMs: 0 };
const sampling = { samplingSessionId: 's', maxConcurrent: 2, progressTimeoutMs: undefined, dispatchBytes: 10 };
const makes: Readonly<Record<string, AnyEventObject>> = {
  q: { type: 'request.made', key: 'q', kind: 'getInfo' },
  l: { type: 'loneOperation.made', key: 'l', kind: 'createModel', patienceMs: 1_000 },
  r: { type: 'restore.made', key: 'r', byLoading: false },
  't-1': { type: 'training.made', actorId: 't-1', modelId: 'm' },
  's-1': { type: 'sampling.made', actorId: 's-1', ...sampling },
};
const ends: Readonly<Record<string, AnyEventObject>> = {
  q: { type: 'request.settled', key: 'q', part: 0, output: { status: 'answered', requestId: undefined } },
  l: { type: 'loneOperation.settled', key: 'l', error: undefined },
  r: { type: 'restore.settled', key: 'r', error: undefined },
  't-1': { type: 'training.stopped', actorId: 't-1' },
  's-1': { type: 'sampling.stopped', actorId: 's-1' },
};
const lost: AnyEventObject = { type: 'session.lost', error: failure('sessionLost', 404) };
const passedOn = new Set(['request.settled', 'loneOperation.settled', 'restore.settled', 'session.lost']);

function nameIn(events: Readonly<Record<string, AnyEventObject>>, event: AnyEventObject | undefined): string | undefined {
  return Object.keys(events).find((name) => events[name] === event);
}

function step({ made, open }: World, { event, emitted, after }: Step<Snapshot>): World {
  const news = emitted.map(({ type }) => type);
  const expected = event !== undefined && passedOn.has(event.type) ? [event.type] : [];
  held(news.join() === expected.join(), `it passes on ${news.join()} instead of ${expected.join()}`);
  const begun = nameIn(makes, event);
  const over = nameIn(ends, event);
  if (begun !== undefined) held(Object.keys(after.children).includes(begun), `nothing is made for ${begun}`);
  if (event?.type === 'service.closed') return { made, open: [] };
  const now = open.filter((name) => name !== over);
  return begun === undefined ? { made, open: now } : { made: [...made, begun].sort(), open: [...now, begun].sort() };
}

const input: ServiceInput = { requestPolicy: policy, futurePolicy: { pollTimeoutMs: 1_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 }, heartbeatMs: 10_000, atRiskMs: 120_000, lostMs: 300_000 };

const model: Model<Snapshot, ServiceInput, World> = {
  machine: serviceMachine,
  input,
  world: { made: [], open: [] },
  events: ({ snapshot, world: { made, open } }) => {
    const types = new Set(Object.keys(serviceMachine.config.states?.open?.on ?? {}));
    const rest = Object.values(makes).filter((event) => !made.includes(nameIn(makes, event) ?? ''));
    const all = [
      ...rest,
      ...open.flatMap((name) => ends[name] ?? []),
      ...(snapshot.children.session === undefined ? [{ type: 'session.wanted' }] : [lost, { type: 'session.wanted' }]),
      { type: 'session.refused', error: failure('sessionLost', 404) },
      { type: 'service.closed' },
    ];
    return Object.fromEntries([...types].map((type) => [type, all.filter((event) => event.type === type)]));
  },
  step,
  check: ({ snapshot: { status, context, children }, world }) => {
    const alive = Object.keys(children).sort();
    const clients = alive.filter((id) => id !== 'session' && id !== 'samplingGate');
    held(clients.join() === world.open.join(), `it holds ${clients.join()} instead of ${world.open.join()}`);
    const known = [...Object.keys(context.trainings), ...Object.keys(context.samplings)].sort();
    held(known.join() === world.open.filter((name) => name.includes('-')).join(), 'it knows other clients than there are');
    held(alive.includes('samplingGate') === (status === 'active' && world.made.some((name) => name.startsWith('s-'))), 'samples have no gate, or one without a client');
  },
  key: () => undefined,
  isEnd: ({ snapshot: { status } }) => status === 'done',
};

describe('a service, whatever is made in it and ends', () => {
  it('holds what is open and nothing else, passes news on once, and holds nothing when it is closed', () => {
    const { states, values } = explore(model);
    expect(values).toEqual(['closed', 'open']);
    expect(states).toBeGreaterThan(300);
  });
});
