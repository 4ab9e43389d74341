import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome, RequestInput, RequestPolicy } from '../../src/machines/request-messages.js';
import { errorOf, factsOf, leftOf, never, nothingUnderway, Parent, Script, settle, statesOf } from '../support/machines.js';

const policy: RequestPolicy = { attemptTimeoutMs: 60_000, deadlineMs: 300_000, billingDeadlineMs: 3_600_000 };
const answered: AttemptOutcome = { kind: 'answered', requestId: 'r1' };

type Failure = Extract<AttemptOutcome, { kind: 'failed' }>;

function failed(status: number | undefined, more: Partial<Failure> = {}): Failure {
  const verdict = status === 402 ? 'billing' : status === undefined || status >= 500 || status === 429 ? 'transient' : 'definite';
  const error = errorOf(status === undefined ? 'connection' : status === 402 ? 'billing' : 'http', status);
  const mayBeTaken = status === undefined || status >= 500;
  return { kind: 'failed', error, verdict, mayBeTaken, retryAfterMs: undefined, elapsedMs: 0, jitter: 0, ...more };
}

async function run(outcomes: readonly (AttemptOutcome | Promise<AttemptOutcome>)[], more: Partial<RequestInput> = {}) {
  const parent = new Parent();
  const script = new Script<AttemptOutcome, AttemptInput>(...outcomes);
  const input: RequestInput = { key: 'k', part: 2, kind: 'optimStep', seqId: 7, policy, ...more };
  const actor = createActor(requestMachine.provide({ actors: { attempt: script.actor } }), { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  return { parent, script, actor, states, left: () => leftOf(actor, parent.clock) };
}

type Run = Awaited<ReturnType<typeof run>>;

/** Nothing happens until just before the pause is over; then the next attempt is made. */
async function expectPause({ parent, script }: Run, ms: number): Promise<void> {
  const before = script.inputs.length;
  await parent.pass(ms - 1);
  expect(script.inputs).toHaveLength(before);
  await parent.pass(1);
  expect(script.inputs).toHaveLength(before + 1);
}

function settledAs(output: unknown): unknown {
  return [{ type: 'request.settled', key: 'k', part: 2, output }];
}

function endedAs(status: 'refused' | 'uncertain', facts: object): unknown {
  return settledAs({ status, error: { retriable: false, seqId: 7, attempts: 1, elapsedMs: 0, ...facts } });
}

describe('requestMachine', () => {
  it('ends with the receipt of the first attempt that is answered', async () => {
    const request = await run([answered]);
    expect(request.states).toEqual(['sending', 'answered']);
    expect(request.parent.events).toEqual(settledAs({ status: 'answered', requestId: 'r1' }));
    expect(request.actor.getSnapshot().context.output).toEqual({ status: 'answered', requestId: 'r1' });
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('sends the same key, part and number on every attempt', async () => {
    const request = await run([failed(503), failed(429), answered]);
    await expectPause(request, 500);
    await expectPause(request, 1_000);
    const same = { key: 'k', part: 2, kind: 'optimStep', seqId: 7 };
    expect(request.script.inputs).toEqual([
      { ...same, retryCount: 0 },
      { ...same, retryCount: 1 },
      { ...same, retryCount: 2 },
    ]);
    expect(request.states).toEqual(['sending', 'backingOff', 'sending', 'backingOff', 'sending', 'answered']);
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('pauses 0.5 s, doubling to 10 s, less jitter', async () => {
    const request = await run([failed(503), failed(503), failed(503), failed(503), failed(503), failed(503), failed(503, { jitter: 0.5 }), answered]);
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 8_750]) await expectPause(request, pause);
    expect(request.states.at(-1)).toBe('answered');
  });

  it('pauses for as long as the server asks', async () => {
    const request = await run([failed(429, { retryAfterMs: 12_345 }), answered]);
    await expectPause(request, 12_345);
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('cuts the last pause so that one more attempt is made at the deadline, then ends', async () => {
    const request = await run([failed(429, { elapsedMs: 100 }), failed(429, { elapsedMs: 200 }), failed(429, { elapsedMs: 300 })], {
      policy: { ...policy, deadlineMs: 1_000 },
    });
    await expectPause(request, 500);
    await expectPause(request, 200);
    expect(request.states).toEqual(['sending', 'backingOff', 'sending', 'backingOff', 'sending', 'refused']);
    expect(factsOf(request.parent.events)).toEqual(
      endedAs('refused', { kind: 'http', message: 'http 429', status: 429, attempts: 3, elapsedMs: 1_300 }),
    );
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('is uncertain when the attempts are used up and one of them may have been taken', async () => {
    const request = await run([failed(undefined), failed(429)], { policy: { ...policy, deadlineMs: 400 } });
    await expectPause(request, 400);
    expect(factsOf(request.parent.events)).toEqual(
      endedAs('uncertain', { kind: 'http', message: 'http 429', status: 429, attempts: 2, elapsedMs: 400 }),
    );
    expect(request.states.at(-1)).toBe('uncertain');
  });

  it('makes one attempt without a deadline', async () => {
    const request = await run([failed(503)], { policy: { ...policy, deadlineMs: 0 } });
    expect(factsOf(request.parent.events)).toEqual(endedAs('uncertain', { kind: 'http', message: 'http 503', status: 503 }));
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('aborts an attempt that takes too long, and does not hear its late answer', async () => {
    let answer: (outcome: AttemptOutcome) => void = () => undefined;
    const late = new Promise<AttemptOutcome>((resolve) => {
      answer = resolve;
    });
    const request = await run([late, { kind: 'answered', requestId: 'second' }]);
    await request.parent.pass(59_999);
    expect(request.script.signals[0]?.aborted).toBe(false);
    await request.parent.pass(1);
    expect(request.script.signals[0]?.aborted).toBe(true);
    expect(request.states).toEqual(['sending', 'backingOff']);
    answer(answered);
    await settle();
    expect(request.states).toEqual(['sending', 'backingOff']);
    await expectPause(request, 500);
    expect(request.script.signals[1]?.aborted).toBe(false);
    expect(request.states).toEqual(['sending', 'backingOff', 'sending', 'answered']);
    expect(request.parent.events).toEqual(settledAs({ status: 'answered', requestId: 'second' }));
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('counts a time-out as an attempt that may have been taken', async () => {
    const request = await run([never()], { policy: { ...policy, deadlineMs: 60_000 } });
    await request.parent.pass(60_000);
    expect(factsOf(request.parent.events)).toEqual(
      endedAs('uncertain', {
        kind: 'timeout',
        message:
          'optimStep: no answer from the server within 60000 ms (1 attempt). That took 60000 ms in all. Is the server running and reachable?',
        operation: 'optimStep',
        retriable: true,
        elapsedMs: 60_000,
      }),
    );
    expect(request.left()).toEqual(nothingUnderway);
  });
});

describe('requestMachine after a silence', () => {
  it('says what the server answered last, how often it was asked, and how long that took', async () => {
    const request = await run([failed(503, { elapsedMs: 300, mayBeTaken: true }), never()], { policy: { ...policy, deadlineMs: 60_000 } });
    await request.parent.pass(500);
    await request.parent.pass(60_000);
    expect(factsOf(request.parent.events)).toEqual(
      endedAs('uncertain', {
        kind: 'timeout',
        message:
          'optimStep: no answer from the server within 60000 ms (2 attempts, last answer 503). That took 60800 ms in all. ' +
          'Is the server running and reachable?',
        operation: 'optimStep',
        status: 503,
        attempts: 2,
        retriable: true,
        elapsedMs: 60_800,
      }),
    );
  });
});

describe('requestMachine on 402', () => {
  it('pauses 5 s each time, without spending the deadline or growing the pauses', async () => {
    const blocked = failed(402, { elapsedMs: 300 });
    const request = await run([failed(503), blocked, blocked, blocked, failed(503), answered], { policy: { ...policy, deadlineMs: 1_000 } });
    await expectPause(request, 500);
    for (let pause = 0; pause < 3; pause += 1) await expectPause(request, 5_000);
    expect(request.actor.getSnapshot().context).toMatchObject({ spentMs: 1_000, billingMs: 15_900, attempts: 5, failuresInARow: 1 });
    await expectPause(request, 500);
    expect(request.states).toEqual([
      'sending', 'backingOff', 'sending', 'billingPaused', 'sending', 'billingPaused', 'sending', 'billingPaused', 'sending',
      'backingOff', 'sending', 'answered',
    ]);
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('is refused at the billing deadline', async () => {
    const request = await run([failed(402), failed(402), failed(402)], { policy: { ...policy, deadlineMs: 0, billingDeadlineMs: 10_000 } });
    await expectPause(request, 5_000);
    await expectPause(request, 5_000);
    const paused = { type: 'request.paused', key: 'k', queueState: 'paused_billing', reason: 'billing 402' };
    const resumed = { type: 'request.paused', key: 'k' };
    expect(factsOf(request.parent.events.slice(0, 4))).toEqual([paused, resumed, paused, resumed]);
    expect(factsOf(request.parent.events.slice(4))).toEqual(
      endedAs('refused', { kind: 'billing', message: 'billing 402', status: 402, attempts: 3, elapsedMs: 10_000 }),
    );
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('is uncertain at the billing deadline when an attempt before may have been taken', async () => {
    const request = await run([failed(503), failed(402)], { policy: { ...policy, billingDeadlineMs: 0 } });
    await expectPause(request, 500);
    expect(request.states.at(-1)).toBe('uncertain');
    expect(request.left()).toEqual(nothingUnderway);
  });
});

describe('requestMachine on a definite answer', () => {
  it.each([400, 401, 403, 404, 409, 410, 422])('is refused by %d at once', async (status) => {
    const request = await run([failed(status)], { kind: 'loadState' });
    expect(request.states).toEqual(['sending', 'refused']);
    expect(factsOf(request.parent.events)).toEqual(endedAs('refused', { kind: 'http', message: `http ${status}`, status }));
    expect(request.left()).toEqual(nothingUnderway);
  });

  it.each([
    ['saveState', 409],
    ['loadState', 400],
    ['saveState', 400],
    ['optimStep', 401],
    ['optimStep', 403],
    ['optimStep', 404],
    ['forwardBackward', 413],
    ['optimStep', 422],
  ])('takes %s answered %d after an attempt without an answer as uncertain, whoever gave the answer', async (kind, status) => {
    const request = await run([failed(undefined), failed(status)], { kind });
    await expectPause(request, 500);
    expect(request.states).toEqual(['sending', 'backingOff', 'sending', 'uncertain']);
    expect(factsOf(request.parent.events)).toMatchObject([{ output: { status: 'uncertain', error: { status, attempts: 2, elapsedMs: 500 } } }]);
  });

  it('is refused when the session is gone, with whatever was taken in it', async () => {
    const lost = failed(404, { error: errorOf('sessionLost', 404) });
    const request = await run([failed(undefined), lost], { kind: 'optimStep' });
    await expectPause(request, 500);
    expect(request.states.at(-1)).toBe('refused');
  });

  it('is uncertain when the request cannot be made again after an attempt without an answer', async () => {
    const notMade = failed(undefined, { verdict: 'definite', mayBeTaken: false, error: errorOf('validation', undefined, 'nothing is kept under k') });
    const request = await run([failed(undefined), notMade]);
    await expectPause(request, 500);
    expect(factsOf(request.parent.events)).toEqual(
      endedAs('uncertain', { kind: 'validation', message: 'nothing is kept under k', attempts: 2, elapsedMs: 500 }),
    );
  });

  it('takes 409 as uncertain when an earlier try may have been taken', async () => {
    const request = await run([failed(409)], { mayBeTaken: true });
    expect(request.states).toEqual(['sending', 'uncertain']);
  });

  it('is refused by 409 after an attempt that the server did not look at', async () => {
    const request = await run([failed(429), failed(409)]);
    await expectPause(request, 500);
    expect(request.states.at(-1)).toBe('refused');
  });

  it('is uncertain when the server failed inside the request and asks not to repeat it', async () => {
    const request = await run([failed(500, { verdict: 'definite' })]);
    expect(request.states).toEqual(['sending', 'uncertain']);
    expect(request.left()).toEqual(nothingUnderway);
  });
});

describe('requestMachine without its actor', () => {
  it('says what is missing', async () => {
    const parent = new Parent();
    const actor = createActor(requestMachine, { input: { key: 'k', part: 0, kind: 'getInfo', seqId: undefined, policy }, parent: parent.ref });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    await settle();
    expect(errors).toEqual([new Error('attempt is not provided')]);
  });
});
