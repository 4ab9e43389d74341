import { createActor } from 'xstate';
import { futureMachine } from '../../src/machines/future-machine.js';
import type { PollInput, PollOutcome } from '../../src/machines/future-messages.js';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome } from '../../src/machines/request-messages.js';
import { submissionMachine } from '../../src/machines/submission-machine.js';
import type { OperationEntry, SecondPassOutcome, TrainingEmitted } from '../../src/machines/training-context.js';
import { trainingMachine } from '../../src/machines/training-machine.js';
import type { SecondPassInput } from '../../src/machines/training-messages.js';
import { WaitingLine } from '../../src/machines/waiting-line.js';
import { Desk, errorOf, factsOf, leftOf, Parent, statesOf } from './machines.js';

/** The server has said no. */
export function refusal(status = 400): AttemptOutcome {
  const error = errorOf('http', status);
  return { kind: 'failed', error, verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, elapsedMs: 5, jitter: 0 };
}

/** No answer came, and there is no time left for another attempt. */
export const silence: AttemptOutcome = {
  kind: 'failed',
  error: errorOf('connection', undefined, 'no answer'),
  verdict: 'transient',
  mayBeTaken: true,
  retryAfterMs: undefined,
  elapsedMs: 5,
  jitter: 0,
};

export function operation(id: string, more: Partial<OperationEntry> = {}): OperationEntry {
  return { id, kind: 'optimStep', bytes: 10, parts: 1, together: true, secondPass: false, ...more };
}

/** Operations that wait. */
export function lineOf(...entries: OperationEntry[]): WaitingLine<OperationEntry> {
  return new WaitingLine(entries);
}

/** A training machine whose requests and polls are answered by hand. */
export function startTraining() {
  const parent = new Parent();
  const sends = new Desk<AttemptOutcome, AttemptInput>();
  const polls = new Desk<PollOutcome, PollInput>();
  const seconds = new Desk<SecondPassOutcome, SecondPassInput>();
  const request = requestMachine.provide({ actors: { attempt: sends.actor } });
  const machine = trainingMachine.provide({
    actors: {
      submission: submissionMachine.provide({ actors: { request } }),
      request,
      future: futureMachine.provide({ actors: { poll: polls.actor } }),
      secondPass: seconds.actor,
    },
  });
  const actor = createActor(machine, {
    input: {
      actorId: 'training-1',
      modelId: 'm',
      requestPolicy: { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 },
      futurePolicy: { pollTimeoutMs: 45_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 },
    },
    parent: parent.ref,
  });
  const emitted: TrainingEmitted[] = [];
  actor.on('*', (event) => emitted.push(event));
  const states = statesOf(actor);
  actor.start();
  return {
    parent,
    sends,
    polls,
    seconds,
    actor,
    emitted,
    states,
    request: (...entries: OperationEntry[]) => {
      for (const entry of entries) actor.send({ type: 'operation.requested', entry });
    },
    cancel: (id: string) => actor.send({ type: 'operation.cancelled', id }),
    accept: (seqId: number) => sends.answer({ seqId }, { kind: 'answered', requestId: `r${seqId}` }),
    fail: (seqId: number, outcome: AttemptOutcome) => sends.answer({ seqId }, outcome),
    finish: (requestId: string, downloadMs = 0) => polls.answer({ requestId }, { kind: 'ready', downloadMs }),
    /** What is on its way: numbers being sent, results being asked for. */
    underway: () => ({ sent: sends.waiting.map(({ seqId }) => seqId), asked: polls.waiting.map(({ requestId }) => requestId) }),
    /** Emitted since the last call, as plain data. */
    heard: (): unknown => factsOf(emitted.splice(0)),
    left: () => leftOf(actor, parent.clock),
  };
}

/** What is left of a training machine that has nothing to do. */
export const atRest = { status: 'active', children: [], timers: 0 };

/** Emitted events, as plain data. */
export const sending = (id: string, seqIds: readonly number[], optimStepsBefore = 0) => ({ type: 'operation.sending', id, seqIds, optimStepsBefore });
export const accepted = (id: string, ...requestIds: string[]) => ({ type: 'operation.accepted', id, requestIds });
export const done = (id: string, downloadMs = 0) => ({ type: 'operation.done', id, downloadMs });
export const failed = (id: string, error: object) => ({ type: 'operation.failed', id, error: { retriable: false, operationId: id, ...error } });
export const skipped = (id: string) => ({ type: 'operation.skipped', id });
export const dropped = (id: string) => ({ type: 'operation.dropped', id });

/** What is said of an operation of which nobody knows whether the server has it. */
export const wedged = (id: string, cause: string, more: object) => failed(id, {
  kind: 'wedged',
  message: `${cause} Nothing after it is sent until you decide: retry() sends the same request again, skip() gives it up and goes on.`,
  ...more,
});
