import * as E from 'fp-ts/lib/Either.js';
import { fromPromise } from 'xstate';
import { attempt } from './attempt.js';
import { withFirstTask } from './first-task.js';
import { firstPoll, futureMachine } from './future-machine.js';
import type { PollInput, PollOutcome, ReserveInput } from './future-messages.js';
import { loneOperationMachine } from './lone-operation-machine.js';
import { poll, reserve } from './poll.js';
import type { Ports, RestoreSteps } from './ports.js';
import { firstAttempt, requestMachine } from './request-machine.js';
import type { AttemptInput, AttemptOutcome, TurnInput } from './request-messages.js';
import { restoreMachine, type RestoreStepInput, type RestoreStepOutcome } from './restore-machine.js';
import { runningGate } from './sampling-gate-machine.js';
import { runningSampling } from './sampling-machine.js';
import { serviceMachine } from './service-machine.js';
import { sessionMachine } from './session-machine.js';
import { withShortcuts } from './shortcuts.js';
import { submissionMachine } from './submission-machine.js';
import { telemetryMachine } from './telemetry-machine.js';
import type { TelemetrySendInput, TelemetrySent } from './telemetry-messages.js';
import type { SecondPassOutcome } from './training-context.js';
import { trainingMachine } from './training-machine.js';
import type { SecondPassInput } from './training-messages.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import { toAbortSignal, type StopSignal } from '../types/stop.js';

/**
 * Gives the machines their real actors. An actor answers with an outcome and never throws, because an error
 * without an observer would end the process.
 */
export function provideMachines(ports: Ports): typeof serviceMachine {
  const { clock } = ports.environment;
  const attemptInTurn = (input: AttemptInput, signal: StopSignal): Promise<AttemptOutcome> =>
    ports.work.get(input.key)?.waits?.(input.part) === undefined ? attempt(ports, input, signal) : held;
  const request = requestMachine.provide({
    actors: {
      attempt: fromPromise<AttemptOutcome, AttemptInput>(({ input, signal }) => attemptInTurn(input, signal)),
      turn: fromPromise<undefined, TurnInput>(({ input, signal }) => turn(ports, input, signal)),
    },
  });
  const future = futureMachine.provide({
    actors: {
      poll: fromPromise<PollOutcome, PollInput>(({ input, signal }) => poll(ports, input, signal)),
      reserve: fromPromise<undefined, ReserveInput>(({ input, signal }) => reserve(ports, input, signal)),
    },
  });
  // Here alone requests are too many for an actor of every attempt.
  const quickRequest = withFirstTask(request, firstAttempt(attemptInTurn), clock);
  const step = (name: keyof RestoreSteps) =>
    fromPromise<RestoreStepOutcome, RestoreStepInput>(({ input }) => restoreStep(ports, input.key, name));
  const training = trainingMachine.provide({
    actors: {
      submission: submissionMachine.provide({ actors: { request: quickRequest } }),
      request: quickRequest,
      future: withFirstTask(future, firstPoll((input, signal) => poll(ports, input, signal)), clock),
      secondPass: fromPromise<SecondPassOutcome, SecondPassInput>(({ input }) => secondPass(ports, input.key)),
    },
  });
  const service = serviceMachine.provide({
    actors: {
      request,
      session: sessionMachine.provide({ actors: { request } }),
      sampling: runningSampling(ports.environment.now),
      samplingGate: runningGate(),
      loneOperation: loneOperationMachine.provide({ actors: { request, future } }),
      restore: restoreMachine.provide({
        actors: {
          readMetadata: step('readMetadata'),
          createModel: step('createModel'),
          load: step('load'),
          rollBack: step('rollBack'),
        },
      }),
      telemetry: telemetryMachine.provide({
        actors: { send: fromPromise<TelemetrySent, TelemetrySendInput>(({ input, signal }) => flush(ports, input, signal)) },
      }),
      training,
    },
  });
  // Its children say themselves how they end. What xstate adds is named after each child, and xstate keeps every name.
  withShortcuts(service, ({ context }, { type }) => (type.startsWith('xstate.done.actor.') ? { context } : undefined));
  return service;
}

const held: Promise<AttemptOutcome> = Promise.resolve({ kind: 'held' });

/** Waits until a request may be sent. */
async function turn({ work }: Ports, { key, part }: TurnInput, signal: StopSignal): Promise<undefined> {
  // It rejects only when nobody wants it any more.
  await work.get(key)?.waits?.(part)?.(signal).catch(() => undefined);
}

/** Telemetry that is off has nothing to send. */
async function flush({ telemetry }: Ports, input: TelemetrySendInput, signal: StopSignal): Promise<TelemetrySent> {
  return (await telemetry?.send(input, toAbortSignal(signal))) ?? { kind: 'notOffered', waiting: 0 };
}

/** The user's own function runs in here: whatever it throws fails its operation, and nothing else. */
async function secondPass({ work, inspection }: Ports, key: string): Promise<SecondPassOutcome> {
  inspection?.computing(key);
  try {
    return (await work.get(key)?.secondPass?.()) ?? E.left(new TinkerError('cancelled', `nothing is kept under ${key}`));
  } catch (thrown) {
    return E.left(toTinkerError(thrown, 'validation'));
  }
}

async function restoreStep({ restores }: Ports, key: string, name: keyof RestoreSteps): Promise<RestoreStepOutcome> {
  try {
    const steps = restores.get(key);
    if (steps === undefined) throw new Error(`nothing is kept under ${key}`);
    return await steps[name]();
  } catch (thrown) {
    return toTinkerError(thrown);
  }
}
