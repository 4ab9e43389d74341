import * as E from 'fp-ts/lib/Either.js';
import { readJson } from '../api/http.js';
import { post } from '../api/route.js';
import type { JournalFile } from '../journal/journal-file.js';
import type { IntentRecord } from '../journal/records.js';
import { isBoundary, isSave, type JournaledOperation, type JournaledPart } from '../journal/state.js';
import type { Work } from '../machines/work.js';
import { named } from './resume-report.js';
import type { EarlierOperation } from './resume-result.js';
import type { Runtime } from './runtime.js';
import { inWords } from '../training/earlier-calls.js';
import { isTrainingPath } from '../training/training-input.js';
import { SaveWeightsResponse } from '../types/checkpoints.js';
import { decode } from '../types/decode.js';
import { toTinkerError } from '../types/errors.js';
import { SubmitResponse } from '../types/futures.js';

/**
 * What an earlier process had sent and not heard the end of. Requests without data are sent again as they were;
 * optimizer steps, loads and saves are asked for, so that it is known which step is done; then the passes before
 * such a step, so that it is known whether it holds them. Later passes are left to whoever has their data.
 */
export class EarlierOperations {
  readonly settled: EarlierOperation[] = [];
  readonly #runtime: Runtime;
  readonly #file: JournalFile;

  constructor(runtime: Runtime, file: JournalFile) {
    this.#runtime = runtime;
    this.#file = file;
  }

  /** Asks for them; why the model cannot be gone on with, or undefined. */
  async settle(): Promise<string | undefined> {
    return (await this.#ask((operation) => operation.outcome === 'open' && (isSave(operation) || isBoundary(operation)))) ?? (await this.#ask(isStepped));
  }

  async #ask(which: (operation: JournaledOperation) => boolean): Promise<string | undefined> {
    const asked = this.#file.state.operations.filter((operation) => which(operation) && partsOf(operation).every(canBeAsked));
    const ends = await Promise.all(asked.map((operation) => this.#end(operation)));
    return ends.find((why) => why !== undefined);
  }

  /** Waits for its end, and writes that down. */
  async #end(operation: JournaledOperation): Promise<string | undefined> {
    const { seqId } = operation;
    try {
      const [result] = await Promise.all(partsOf(operation).map((part) => this.#follow(operation, part)));
      if (operation.kind === 'saveState') await this.#noteCheckpoint(seqId, operation.stepsBefore, result);
      await this.#file.note({ type: 'settled', seqId, outcome: 'done' });
      this.#tell(operation, 'it is done');
      return undefined;
    } catch (thrown) {
      const error = toTinkerError(thrown);
      const hasFailed = error.kind === 'requestFailed';
      // A refusal is about the question, whoever gave it: an earlier try may have been taken, and executed.
      const isUnknown = error.kind === 'promiseExpired' || (error.kind === 'http' && error.category === 'user');
      // What the server cannot be asked for now, it may be asked for later.
      if (!hasFailed && !isUnknown) throw thrown;
      if (!hasFailed && !isSave(operation)) return `what became of ${inWords(operation)} cannot be found out: ${error.message}`;
      await this.#file.note({ type: 'settled', seqId, outcome: 'failed' });
      const without = isStepped(operation) ? ', and the optimizer step after it is done without it' : '';
      this.#tell(operation, `it has failed${without}: ${error.message}`);
      return undefined;
    }
  }

  #follow({ kind }: JournaledOperation, part: JournaledPart): Promise<unknown> {
    const decodeNothing = (body: unknown): E.Either<never, unknown> => E.right(body);
    return this.#runtime.follow({ kind, requestType: part.intent.requestType, send: this.#sender(part), decode: decodeNothing });
  }

  #tell(operation: JournaledOperation, why: string): void {
    this.settled.push({ ...named(operation), why });
  }

  /** Nothing is sent where the server has it already. */
  #sender({ intent, requestId }: JournaledPart): Work['send'] {
    const { body } = intent;
    if (requestId === undefined && body !== undefined) return (context) => this.#sendAgain(intent, body, context);
    return () => Promise.resolve(E.right(requestId));
  }

  async #sendAgain({ path, idempotencyKey, seqId }: IntentRecord, body: string, { retryCount, signal, headers }: Parameters<Work['send']>[0]) {
    const route = post(`/api/v1/${path.replace(/^\/api\/v1\//, '')}`, SubmitResponse, SubmitResponse);
    const encoded = { content: body, contentType: 'application/json' };
    const reply = await this.#runtime.http.send(route, encoded, { retryCount, idempotencyKey, headers, signal })();
    const accepted = E.isLeft(reply) ? reply : readJson(route, reply.right);
    if (E.isLeft(accepted)) return accepted;
    const { requestId } = accepted.right;
    await this.#file.note({ type: 'accepted', seqId, requestId });
    return E.right(requestId);
  }

  async #noteCheckpoint(seqId: number, step: number, result: unknown): Promise<void> {
    const saved = decode(SaveWeightsResponse, result);
    if (E.isLeft(saved) || !isTrainingPath(saved.right.path)) return;
    await this.#file.note({ type: 'checkpoint', path: saved.right.path, step, optimizer: true, seqId });
  }
}

function partsOf({ parts }: JournaledOperation): readonly JournaledPart[] {
  return [...parts.values()];
}

function isStepped({ outcome }: JournaledOperation): boolean {
  return outcome === 'stepped';
}

/** Whether it has its receipt, or can be sent again without its caller. */
function canBeAsked({ intent, requestId }: JournaledPart): boolean {
  return requestId !== undefined || intent.body !== undefined;
}
