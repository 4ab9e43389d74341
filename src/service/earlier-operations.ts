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
 * optimizer steps, loads and saves are asked for, so that it is known which step is done. Passes are left to
 * whoever has their data.
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
    const asked = this.#file.state.operations.filter((operation) => operation.outcome === 'open' && (isSave(operation) || isBoundary(operation)));
    const single = asked.flatMap((operation) => [...operation.parts.values()].map((part) => ({ operation, part })));
    const ends = await Promise.all(single.filter(({ part }) => canBeAsked(part)).map(({ operation, part }) => this.#end(operation, part)));
    return ends.find((why) => why !== undefined);
  }

  /** Waits for its end, and writes that down. */
  async #end(operation: JournaledOperation, part: JournaledPart): Promise<string | undefined> {
    const { seqId } = operation;
    try {
      const result = await this.#runtime.follow({
        kind: operation.kind,
        requestType: part.intent.requestType,
        send: this.#sender(part),
        decode: (body): E.Either<never, unknown> => E.right(body),
      });
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
      if (!hasFailed && isBoundary(operation)) return `what became of ${inWords(operation)} cannot be found out: ${error.message}`;
      await this.#file.note({ type: 'settled', seqId, outcome: 'failed' });
      this.#tell(operation, `it has failed: ${error.message}`);
      return undefined;
    }
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

/** Whether it has its receipt, or can be sent again without its caller. */
function canBeAsked({ intent, requestId }: JournaledPart): boolean {
  return requestId !== undefined || intent.body !== undefined;
}
