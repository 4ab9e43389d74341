import * as E from 'fp-ts/lib/Either.js';
import { readPollFailure, readReply, type PollFailure } from '../api/future-reply.js';
import { retrieveFuture } from '../api/futures.js';
import { toJson } from '../api/http.js';
import type { Environment } from './environment.js';
import type { PollInput, PollOutcome, ReserveInput } from './future-messages.js';
import type { Ports } from './ports.js';
import type { Work, WorkTable } from './work.js';
import { toTinkerError } from '../types/errors.js';
import { RetrieveFutureRequest } from '../types/futures.js';
import type { StopSignal } from '../types/stop.js';

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

/** Waits for room for a large result. */
export async function reserve(ports: Ports, { key, part, bytes }: ReserveInput, signal: StopSignal): Promise<undefined> {
  ports.work.holdRoom(key, part, await ports.resultBudget().reserve(bytes, signal));
  return undefined;
}
