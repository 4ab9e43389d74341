import * as E from 'fp-ts/lib/Either.js';
import { fromPromise } from 'xstate';
import { readPollFailure, readReply, type PollFailure } from '../api/future-reply.js';
import { retrieveFuture } from '../api/futures.js';
import { toJson, type Http } from '../api/http.js';
import type { AttemptFailure } from '../types/attempt.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import { RetrieveFutureRequest } from '../types/futures.js';
import type { ByteBudget } from './byte-budget.js';
import type { Environment } from './environment.js';
import { withFirstTask } from './first-task.js';
import { firstPoll, futureMachine } from './future-machine.js';
import type { PollInput, PollOutcome, ReserveInput } from './future-messages.js';
import type { InspectionPort } from './inspection-port.js';
import { loneOperationMachine } from './lone-operation-machine.js';
import { firstAttempt, requestMachine } from './request-machine.js';
import type { AttemptEnd, AttemptInput, AttemptOutcome, TurnInput } from './request-messages.js';
import { restoreMachine, type RestoreStepInput, type RestoreStepOutcome } from './restore-machine.js';
import { runningGate } from './sampling-gate-machine.js';
import { runningSampling } from './sampling-machine.js';
import { serviceMachine } from './service-machine.js';
import { sessionMachine } from './session-machine.js';
import { withShortcuts } from './shortcuts.js';
import { submissionMachine } from './submission-machine.js';
import type { SecondPassOutcome } from './training-context.js';
import { telemetryMachine } from './telemetry-machine.js';
import type { TelemetryPort, TelemetrySendInput, TelemetrySent } from './telemetry-messages.js';
import { trainingMachine } from './training-machine.js';
import type { SecondPassInput } from './training-messages.js';
import type { Work, WorkTable } from './work.js';
import { toAbortSignal, type StopSignal } from '../types/stop.js';

/** The steps of one restore, kept outside of its machine. */
export interface RestoreSteps {
  readonly readMetadata: () => Promise<RestoreStepOutcome>;
  readonly createModel: () => Promise<RestoreStepOutcome>;
  readonly load: () => Promise<RestoreStepOutcome>;
  readonly rollBack: () => Promise<RestoreStepOutcome>;
}

/** What the machines' actors work with. */
export interface Ports {
  readonly http: Http;
  readonly environment: Environment;
  readonly work: WorkTable;
  readonly restores: ReadonlyMap<string, RestoreSteps>;
  /** Room for large results; read anew for each, since the server's settings may set its size. */
  readonly resultBudget: () => ByteBudget;
  /** Absent when telemetry is off. */
  readonly telemetry?: TelemetryPort | undefined;
  /** Absent where nobody inspects. */
  readonly inspection?: InspectionPort | undefined;
  /** Takes secrets out of what a server says. */
  readonly hide: (text: string) => string;
}

/**
 * Gives the machines their real actors. Here alone machines meet the transport; an actor answers with
 * an outcome and never throws, because an error without an observer would end the process.
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

/** The status of an answer that was good. */
const answered = 200;

/** Sends a request once. */
export async function attempt(ports: Ports, input: AttemptInput, signal: StopSignal): Promise<AttemptEnd> {
  const { work, environment, telemetry, inspection } = ports;
  const startedAt = environment.now();
  inspection?.attempting(input);
  work.noteAsked(input.key, 'attempts');
  const sent = await sendOnce(ports, input, signal);
  if (E.isRight(sent)) {
    const ms = environment.now() - startedAt;
    work.noteRoundTrip(input.key, input.part, ms);
    work.noteAnswer(input.key, answered);
    inspection?.attemptAnswered(input, sent.right, ms);
    return { kind: 'answered', requestId: sent.right };
  }
  const { error, verdict, mayBeTaken, retryAfterMs } = sent.left;
  work.noteAnswer(input.key, error.status);
  const elapsedMs = environment.now() - startedAt;
  const outcome = { kind: 'failed', error, verdict, mayBeTaken, retryAfterMs, elapsedMs, jitter: environment.random() } as const;
  if (signal.aborted) {
    inspection?.attemptUnanswered(input);
    return outcome;
  }
  telemetry?.attemptFailed(input, outcome);
  inspection?.attemptFailed(input, outcome);
  return outcome;
}

async function sendOnce(
  { work: table, inspection }: Ports,
  { part, seqId, retryCount, key }: AttemptInput,
  signal: StopSignal,
): Promise<E.Either<AttemptFailure, string | undefined>> {
  const work = table.get(key);
  try {
    if (work === undefined) throw new Error(`nothing is kept under ${key}`);
    if (inspection === undefined) return await work.send({ part, seqId, retryCount, signal });
    return await work.send({ part, seqId, retryCount, signal, headers: inspection.headersOf(key), onWritten: () => inspection.bodyWritten(key) });
  } catch (thrown) {
    // Only making the request can throw; nothing has been sent then.
    const error = toTinkerError(thrown, 'validation');
    return E.left({ error, verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, body: '' });
  }
}

/** Operations whose results come in protobuf where the server can (wire protocol §3.2). */
const binaryResults = new Set<string | undefined>(['Sample', 'Forward', 'ForwardBackward']);

/** Asks for a result once; what comes is delivered to the work that is kept under the key. */
export async function poll(ports: Ports, input: PollInput, signal: StopSignal): Promise<PollOutcome> {
  let outcome: PollOutcome;
  try {
    outcome = hidden(ports, await pollOnce(ports, input, signal));
  } catch (thrown) {
    outcome = hidden(ports, { kind: 'failed', error: toTinkerError(thrown, 'malformedResponse') });
  }
  if (outcome.kind === 'pending') ports.work.noteQueueState(input.key, outcome.queueState, outcome.reason);
  if (signal.aborted) {
    ports.inspection?.pollUnanswered(input);
    return outcome;
  }
  ports.telemetry?.polled(input, outcome);
  ports.inspection?.polled(input, outcome);
  return outcome;
}

/** Without secrets that the server repeats in what it says about an operation. */
function hidden({ hide }: Ports, outcome: PollOutcome): PollOutcome {
  if ('error' in outcome) return { ...outcome, error: outcome.error.with({}, hide(outcome.error.message)) };
  return outcome.kind === 'pending' && outcome.reason !== undefined ? { ...outcome, reason: hide(outcome.reason) } : outcome;
}

async function pollOnce(ports: Ports, input: PollInput, signal: StopSignal): Promise<PollOutcome> {
  const { environment, http } = ports;
  const work = ports.work.get(input.key);
  const body = toJson(
    RetrieveFutureRequest.encode({ requestId: input.requestId, allowMetadataOnly: input.allowMetadataOnly }),
  );
  const added = ports.inspection?.headersOf(input.key);
  const own = pollHeaders(work, ports.work, input);
  const headers = added === undefined ? own : { ...added, ...own };
  const startedAt = environment.now();
  ports.work.noteAsked(input.key, 'polls');
  const reply = await http.send(retrieveFuture, body, {
    retryCount: 0,
    idempotencyKey: `tinkerjs-${environment.uuid()}`,
    headers,
    signal,
  })();
  ports.work.noteAnswer(input.key, E.isLeft(reply) ? reply.left.error.status : reply.right.status);
  if (E.isLeft(reply)) return pollFailed(environment, readPollFailure(reply.left), startedAt);
  const read = readReply(reply.right);
  if (E.isLeft(read)) return { kind: 'doubtful', error: read.left, jitter: environment.random() };
  if (read.right.kind !== 'ready') return read.right;
  try {
    const received = work?.receive(input.part, read.right.body) ?? E.right(undefined);
    return E.isLeft(received) ? { kind: 'failed', error: received.left } : { kind: 'ready', downloadMs: reply.right.downloadMs };
  } finally {
    ports.work.giveBackRoom(input.key, input.part);
  }
}

function pollHeaders(work: Work | undefined, table: WorkTable, { key, part, iteration }: PollInput): Record<string, string> {
  const headers: Record<string, string> = { 'x-tinker-request-iteration': String(iteration) };
  // The first poll says how long the submission took, in seconds (wire protocol §1.4).
  const ms = iteration === 0 ? table.roundTripOf(key, part) : undefined;
  if (ms !== undefined) headers['x-tinker-create-promise-roundtrip-time'] = String(ms / 1000);
  if (work?.requestType !== undefined) headers['x-tinker-request-type'] = work.requestType;
  if (binaryResults.has(work?.requestType)) headers['accept'] = 'application/x-protobuf, application/json';
  return headers;
}

function pollFailed(environment: Environment, failure: PollFailure, startedAt: number): PollOutcome {
  const jitter = environment.random();
  switch (failure.kind) {
    case 'unreachable':
      return { ...failure, jitter, elapsedMs: environment.now() - startedAt };
    case 'doubtful':
      return { ...failure, jitter };
    default:
      return failure;
  }
}

/** Telemetry that is off has nothing to send. */
async function flush({ telemetry }: Ports, input: TelemetrySendInput, signal: StopSignal): Promise<TelemetrySent> {
  return (await telemetry?.send(input, toAbortSignal(signal))) ?? { kind: 'notOffered', waiting: 0 };
}

/** Waits for room for a large result. */
export async function reserve(ports: Ports, { key, part, bytes }: ReserveInput, signal: StopSignal): Promise<undefined> {
  ports.work.holdRoom(key, part, await ports.resultBudget().reserve(bytes, signal));
  return undefined;
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
