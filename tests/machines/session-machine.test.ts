import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome, FailedAttempt } from '../../src/machines/request-messages.js';
import { sessionKeys, sessionMachine } from '../../src/machines/session-machine.js';
import { errorOf, factsOf, leftOf, Desk, Parent, settle, statesOf } from '../support/machines.js';

const { create, heartbeat } = sessionKeys;
const answered: AttemptOutcome = { kind: 'answered', requestId: undefined };

function failed(status: number | undefined, elapsedMs = 0): FailedAttempt {
  const transient = status === undefined || status >= 500;
  return {
    kind: 'failed',
    error: errorOf(status === undefined ? 'connection' : 'http', status),
    verdict: transient ? 'transient' : 'definite',
    mayBeTaken: transient,
    retryAfterMs: undefined,
    elapsedMs,
    jitter: 0,
  };
}

async function run({ deadlineMs = 0, billingDeadlineMs = 0 } = {}) {
  const parent = new Parent();
  const desk = new Desk<AttemptOutcome, AttemptInput>();
  const machine = sessionMachine.provide({ actors: { request: requestMachine.provide({ actors: { attempt: desk.actor } }) } });
  const input = {
    requestPolicy: { attemptTimeoutMs: 60_000, deadlineMs, billingDeadlineMs },
    heartbeatMs: 10_000,
    atRiskMs: 120_000,
    lostMs: 300_000,
  };
  const actor = createActor(machine, { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  return {
    parent,
    desk,
    actor,
    states,
    answer: (key: string, outcome: AttemptOutcome = answered) => desk.answer({ key }, outcome),
    /** One heartbeat, answered like this. */
    beat: async (outcome: AttemptOutcome) => {
      await parent.pass(10_000);
      await desk.answer({ key: heartbeat }, outcome);
    },
    heard: (): unknown => factsOf(parent.events.splice(0)),
    condition: (): unknown => actor.getSnapshot().value,
  };
}

async function alive() {
  const session = await run();
  await session.answer(create);
  session.heard();
  return session;
}

const opened = { type: 'session.opened' };

describe('sessionMachine', () => {
  it('creates the session, then beats every 10 s', async () => {
    const session = await run();
    expect(session.heard()).toEqual([]);
    await session.answer(create);
    expect(session.heard()).toEqual([opened]);
    for (let beat = 0; beat < 3; beat += 1) {
      await session.parent.pass(9_999);
      expect(session.desk.waiting).toEqual([]);
      await session.parent.pass(1);
      expect(session.desk.waiting.map(({ key }) => key)).toEqual([heartbeat]);
      await session.answer(heartbeat);
    }
    expect(session.desk.inputs).toEqual(
      [create, heartbeat, heartbeat, heartbeat].map((key) => ({ key, part: 0, kind: key, seqId: undefined, retryCount: 0 })),
    );
    const resting = { alive: { pulse: 'resting', condition: 'beating' } };
    const asking = { alive: { pulse: 'asking', condition: 'beating' } };
    expect(session.states).toEqual([
      'opening', resting, asking, resting, asking, resting, asking, resting,
    ]);
    expect(leftOf(session.actor, session.parent.clock)).toEqual({ status: 'active', children: [], timers: 1 });
  });

  it('fails when it is refused, and tries again when it is wanted again', async () => {
    const session = await run();
    await session.answer(create, failed(401));
    expect(session.heard()).toEqual([
      { type: 'session.failed', error: { kind: 'http', message: 'http 401', retriable: false, status: 401, attempts: 1, elapsedMs: 0 } },
    ]);
    expect(leftOf(session.actor, session.parent.clock)).toEqual({ status: 'active', children: [], timers: 0 });
    session.actor.send({ type: 'session.wanted' });
    await session.answer(create);
    expect(session.heard()).toEqual([opened]);
  });

  it('repeats opening while the server is out of reach', async () => {
    const session = await run({ deadlineMs: 1_000 });
    await session.answer(create, failed(undefined));
    await session.parent.pass(500);
    await session.answer(create);
    expect(session.heard()).toEqual([opened]);
  });

  it('tells when the account has to be put in order first', async () => {
    const session = await run({ billingDeadlineMs: 10_000 });
    await session.answer(create, { ...failed(402), verdict: 'billing' });
    await session.parent.pass(5_000);
    await session.answer(create);
    expect(session.heard()).toEqual([
      { type: 'request.paused', key: create, queueState: 'paused_billing', reason: 'http 402' },
      { type: 'request.paused', key: create },
      opened,
    ]);
  });

  it('opens once, however often it is wanted', async () => {
    const session = await run();
    session.actor.send({ type: 'session.wanted' });
    await session.answer(create);
    session.actor.send({ type: 'session.wanted' });
    expect(session.heard()).toEqual([opened]);
    expect(session.desk.inputs).toHaveLength(1);
  });
});

describe('sessionMachine alive', () => {
  it('is lost when another request found that out', async () => {
    const session = await alive();
    const cause = errorOf('http', 404);
    session.actor.send({ type: 'session.refused', error: cause });
    expect(session.heard()).toMatchObject([{ type: 'session.lost', error: { kind: 'sessionLost', status: 404 } }]);
    session.actor.send({ type: 'session.refused', error: cause });
    expect([session.heard(), session.condition()]).toEqual([[], 'lost']);
    expect(leftOf(session.actor, session.parent.clock)).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('makes one attempt per heartbeat, of at most 10 s', async () => {
    const session = await alive();
    await session.parent.pass(10_000);
    await session.parent.pass(9_999);
    expect(session.desk.waiting.map(({ key }) => key)).toEqual([heartbeat]);
    await session.parent.pass(1);
    expect(session.desk.waiting).toEqual([]);
    expect(session.actor.getSnapshot().context.silentMs).toBe(20_000);
    await session.parent.pass(9_999);
    expect(session.desk.inputs).toHaveLength(2);
    await session.parent.pass(1);
    expect(session.desk.inputs).toHaveLength(3);
  });

  it('is at risk after two minutes without a successful heartbeat, and recovers with the next', async () => {
    const session = await alive();
    for (let beat = 0; beat < 11; beat += 1) await session.beat(failed(503));
    expect(session.heard()).toEqual([]);
    await session.beat(failed(503));
    expect(session.heard()).toEqual([{ type: 'session.atRisk', silentMs: 120_000 }]);
    expect(session.condition()).toEqual({ alive: { pulse: 'resting', condition: 'atRisk' } });
    await session.beat(failed(503));
    expect(session.heard()).toEqual([]);
    await session.beat(answered);
    expect(session.heard()).toEqual([{ type: 'session.recovered' }]);
    expect(session.condition()).toEqual({ alive: { pulse: 'resting', condition: 'beating' } });
    expect(session.actor.getSnapshot().context.silentMs).toBe(0);
  });

  it('counts the time that unanswered heartbeats take', async () => {
    const session = await alive();
    for (let beat = 0; beat < 6; beat += 1) {
      expect(session.heard()).toEqual([]);
      await session.parent.pass(10_000);
      await session.parent.pass(10_000);
    }
    expect(session.heard()).toEqual([{ type: 'session.atRisk', silentMs: 120_000 }]);
  });

  it('counts two minutes anew after a successful heartbeat', async () => {
    const session = await alive();
    for (let round = 0; round < 2; round += 1) {
      for (let beat = 0; beat < 11; beat += 1) await session.beat(failed(503));
      await session.beat(answered);
    }
    expect(session.heard()).toEqual([]);
  });

  it('is not lost by a 404 that says nothing, as of a proxy whose server is being replaced', async () => {
    const session = await alive();
    for (let beat = 0; beat < 29; beat += 1) await session.beat(failed(404));
    expect(session.heard()).toEqual([{ type: 'session.atRisk', silentMs: 120_000 }]);
    await session.beat(answered);
    expect(session.heard()).toEqual([{ type: 'session.recovered' }]);
    await session.beat(failed(404));
    expect(session.condition()).toEqual({ alive: { pulse: 'resting', condition: 'beating' } });
  });

  it('is lost when the server answers nothing else for five minutes', async () => {
    const session = await alive();
    for (let beat = 0; beat < 29; beat += 1) await session.beat(failed(404));
    session.heard();
    await session.beat(failed(404));
    const [event] = session.parent.events;
    expect(session.heard()).toEqual([
      {
        type: 'session.lost',
        error: {
          kind: 'sessionLost',
          message:
            'The server does not know this session any more: it expired or the server lost it. Open a new ServiceClient and ' +
            'restore from the last checkpoint with createTrainingClientFromStateWithOptimizer.',
          retriable: false,
          status: 404,
        },
      },
    ]);
    expect(event).toMatchObject({ error: { cause: { kind: 'http', status: 404 } } });
    session.actor.send({ type: 'session.wanted' });
    await session.parent.pass(86_400_000);
    expect(session.states.at(-1)).toBe('lost');
    expect(leftOf(session.actor, session.parent.clock)).toEqual({ status: 'active', children: [], timers: 0 });
  });
});
