import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome, TurnInput } from '../../src/machines/request-messages.js';
import { Desk, errorOf, leftOf, nothingUnderway, Parent, Script, settle, statesOf } from '../support/machines.js';

const policy = { attemptTimeoutMs: 60_000, deadlineMs: 300_000, billingDeadlineMs: 3_600_000 };
const input = { key: 'k', part: 2, kind: 'forwardBackward', seqId: 7, policy };
const answered: AttemptOutcome = { kind: 'answered', requestId: 'r1' };
const held: AttemptOutcome = { kind: 'held' };

async function run(...outcomes: readonly AttemptOutcome[]) {
  const parent = new Parent();
  const attempts = new Script<AttemptOutcome, AttemptInput>(...outcomes);
  const turns = new Desk<undefined, TurnInput>();
  const actor = createActor(requestMachine.provide({ actors: { attempt: attempts.actor, turn: turns.actor } }), { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  return { parent, attempts, turns, actor, states, left: () => leftOf(actor, parent.clock) };
}

describe('a request that has to wait for its turn', () => {
  it('waits for as long as it takes, and no attempt of it counts before', async () => {
    const request = await run(held, held, answered);
    expect(request.turns.inputs).toEqual([{ key: 'k', part: 2 }]);
    for (let turn = 0; turn < 2; turn += 1) {
      await request.parent.pass(10_000_000);
      expect(request.actor.getSnapshot().value).toBe('waiting');
      await request.turns.answer({}, undefined);
    }
    expect(request.states).toEqual(['sending', 'waiting', 'sending', 'waiting', 'sending', 'answered']);
    expect(request.attempts.inputs.map(({ retryCount }) => retryCount)).toEqual([0, 0, 0]);
    expect(request.actor.getSnapshot().context).toMatchObject({ attempts: 1, spentMs: 0 });
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('waits anew before each further attempt', async () => {
    const request = await run({ kind: 'failed', error: errorOf('http', 503), verdict: 'transient', mayBeTaken: true, retryAfterMs: undefined, elapsedMs: 0, jitter: 0 }, held, answered);
    await request.parent.pass(500);
    await request.parent.pass(10_000_000);
    await request.turns.answer({}, undefined);
    expect(request.attempts.inputs.map(({ retryCount }) => retryCount)).toEqual([0, 1, 1]);
    expect(request.actor.getSnapshot().context).toMatchObject({ attempts: 2, spentMs: 500 });
  });

  it('says what is missing without its actor', async () => {
    const parent = new Parent();
    const attempts = new Script<AttemptOutcome, AttemptInput>(held);
    const actor = createActor(requestMachine.provide({ actors: { attempt: attempts.actor } }), { input, parent: parent.ref });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    await settle();
    expect(errors).toEqual([new Error('turn is not provided')]);
  });
});
