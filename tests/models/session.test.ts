import { describe, expect, it } from '@jest/globals';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { sessionMachine, type SessionInput } from '../../src/machines/session-machine.js';
import { explore, held, type Model, type Step } from './explore.js';
import { failure } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof sessionMachine>;

/** What was told of a session so far. */
interface World {
  readonly told: 'nothing' | 'opened' | 'failed' | 'lost';
  readonly atRisk: boolean;
  /** Milliseconds since a heartbeat was answered. */
  readonly silentMs: number;
}

const policy = { attemptTimeoutMs: 1_000, deadlineMs: 0, billingDeadlineMs: 0 };
const input: SessionInput = { requestPolicy: policy, heartbeatMs: 10_000, atRiskMs: 25_000, lostMs: 45_000 };
const settled = (output: object): AnyEventObject => ({ type: 'request.settled', key: 'session.heartbeat', part: 0, output });
const answers: readonly AnyEventObject[] = [
  settled({ status: 'answered', requestId: undefined }),
  settled({ status: 'uncertain', error: failure('timeout').with({ elapsedMs: 10_000 }) }),
  settled({ status: 'refused', error: failure('http', 403).with({ elapsedMs: 5 }) }),
  settled({ status: 'refused', error: failure('http', 404) }),
];

function silence({ silentMs }: World, event: AnyEventObject): number {
  const [answered, late, refused] = answers;
  if (event === answered) return 0;
  return silentMs + input.heartbeatMs + (event === late ? 10_000 : event === refused ? 5 : 0);
}

function step(given: World, { before, event, told, after }: Step<Snapshot>): World {
  let world = given;
  const wasAlive = typeof before?.value === 'object';
  if (wasAlive && event?.type === 'request.settled') world = { ...world, silentMs: silence(world, event) };
  if (wasAlive && event === answers[3]) held((after.value === 'lost') === (world.silentMs >= input.lostMs), 'it is lost by a 404 of its proxy, or beats on for good');
  for (const { type } of told) {
    held(world.told !== 'lost', `it tells ${type} of a session that is lost`);
    if (type === 'session.opened' || type === 'session.failed') {
      held(!wasAlive, 'it is opened twice');
      world = { ...world, told: type === 'session.opened' ? 'opened' : 'failed' };
    } else if (type === 'session.atRisk') {
      held(!world.atRisk && world.silentMs >= input.atRiskMs, 'it is at risk without being silent');
      world = { ...world, atRisk: true };
    } else if (type === 'session.recovered') {
      held(world.atRisk && world.silentMs === 0, 'it recovers without being heard');
      world = { ...world, atRisk: false };
    } else if (type === 'session.lost') {
      held(wasAlive, 'what was never open is lost');
      world = { ...world, told: 'lost' };
    }
  }
  held(world.told === 'lost' || typeof after.value !== 'object' || world.atRisk === (world.silentMs >= input.atRiskMs), 'it does not tell its risk');
  return world;
}

const model: Model<Snapshot, SessionInput, World> = {
  machine: sessionMachine,
  input,
  world: { told: 'nothing', atRisk: false, silentMs: 0 },
  events: ({ alive }) => ({
    'request.paused': [{ type: 'request.paused', key: 'session.create', queueState: 'paused_billing', reason: 'blocked' }],
    'request.settled': alive.includes('request') ? answers : [],
    'session.refused': [{ type: 'session.refused', error: failure('sessionLost', 404) }],
    'session.wanted': [{ type: 'session.wanted' }],
  }),
  step,
  check: ({ snapshot: { value }, alive, timers, world }) => {
    const isAlive = typeof value === 'object';
    held(isAlive === (world.told === 'opened'), 'it tells another state than it is in');
    // The rhythm of heartbeats never stops: one is waited for, or one is on its way.
    held(!isAlive || alive.length + timers.length === 1, 'its pulse stops, or doubles');
    held(value !== 'opening' || alive.length === 1, 'nobody opens it');
    held((value !== 'lost' && value !== 'failed') || alive.length + timers.length === 0, 'it goes on after its end');
  },
  key: ({ context }) => context.silentMs,
  isEnd: ({ snapshot: { value } }) => value === 'lost',
  isFar: ({ world }) => world.silentMs > 60_000,
};

describe('a session, whatever its heartbeats come to', () => {
  it('keeps its rhythm while it is alive, tells its risk and its loss once, and is still after it', () => {
    const { states, values } = explore(model);
    expect(values).toHaveLength(7);
    expect(states).toBeGreaterThan(20);
  });
});
