import * as t from 'io-ts';
import { Integer } from '../types/ids.js';
import { field, message, optional } from '../types/message.js';
import { TraceLog } from './traces/trace-log.js';

/** What kind of work an operation is; the last part of the endpoint's path. */
export const OperationKind = t.keyof({
  create_model: null,
  unload_model: null,
  forward: null,
  forward_backward: null,
  optim_step: null,
  save_weights: null,
  save_weights_for_sampler: null,
  load_weights: null,
  sample: null,
});
export type OperationKind = t.TypeOf<typeof OperationKind>;

/** One operation that the server executed. */
export const ExecutedOperation = message('ExecutedOperation', {
  /** Of a sample the sampling session. */
  modelId: field('model_id', t.string),
  /** Absent on operations that carry no number, or one beyond 2^53. */
  seqId: optional('seq_id', Integer),
  /** What it did. */
  kind: field('kind', OperationKind),
  /** Whether it has a result. */
  outcome: field('outcome', t.keyof({ done: null, failed: null })),
  /** Why it failed. */
  error: optional('error', t.string),
  /** The id under which its result is asked for. */
  requestId: field('request_id', t.string),
});
export type ExecutedOperation = t.TypeOf<typeof ExecutedOperation>;

/** Where the time of one save or load went, as far as the engine did it. */
export const CheckpointWork = message('CheckpointWork', {
  /** The model that was saved or loaded into. */
  modelId: field('model_id', t.string),
  /** Which of the two it was. */
  kind: field('kind', t.keyof({ save: null, load: null })),
  /** The checkpoint's path. */
  path: field('path', t.string),
  /** In milliseconds, by step; `totalMs` is all of it. */
  timings: field('timings', t.readonly(t.record(t.string, t.number))),
});
export type CheckpointWork = t.TypeOf<typeof CheckpointWork>;

/** A number that was waited for in vain. */
export const SkippedNumber = message('SkippedNumber', {
  /** The model whose queue waited. */
  modelId: field('model_id', t.string),
  /** The number that did not come within `missingSeqTimeoutMs`. */
  seqId: field('seq_id', Integer),
});
export type SkippedNumber = t.TypeOf<typeof SkippedNumber>;

/** What the server did since it was started; `GET /api/v1/local/ledger`. */
export const LedgerReport = message('LedgerReport', {
  /** In order of execution. */
  operations: field('operations', t.readonlyArray(ExecutedOperation)),
  /** Saves and loads that were done, in order of execution. */
  checkpoints: field('checkpoints', t.readonlyArray(CheckpointWork)),
  /** Numbers that were skipped; the latest 1,000. */
  skipped: field('skipped', t.readonlyArray(SkippedNumber)),
  /** Requests received, by endpoint without `/api/v1/`; refused ones count too. */
  requests: field('requests', t.readonly(t.record(t.string, Integer))),
});
export type LedgerReport = t.TypeOf<typeof LedgerReport>;

const mostSkipped = 1000;
/** Paths hold ids, so there are endless endpoints; those beyond are counted together, as `others`. */
const mostEndpoints = 10_000;

/** Keeps the books; operations only when asked to, so that a long-lived server does not grow. */
export class Ledger {
  /** When operations were accepted, begun and ended. */
  readonly trace = new TraceLog();
  readonly #keepsOperations: boolean;
  readonly #operations: ExecutedOperation[] = [];
  readonly #checkpoints: CheckpointWork[] = [];
  readonly #skipped: SkippedNumber[] = [];
  readonly #requests = new Map<string, number>();

  constructor(keepsOperations: boolean) {
    this.#keepsOperations = keepsOperations;
  }

  executed(operation: ExecutedOperation): void {
    if (this.#keepsOperations) this.#operations.push(operation);
  }

  checkpointed(work: CheckpointWork): void {
    if (this.#keepsOperations) this.#checkpoints.push(work);
  }

  skipped(number: SkippedNumber): void {
    this.#skipped.push(number);
    if (this.#skipped.length > mostSkipped) this.#skipped.shift();
  }

  received(endpoint: string): void {
    const known = this.#requests.has(endpoint) || this.#requests.size < mostEndpoints ? endpoint : 'others';
    this.#requests.set(known, (this.#requests.get(known) ?? 0) + 1);
  }

  /** The books of one model, or of all. */
  report(modelId?: string): LedgerReport {
    const wanted = (entry: { readonly modelId: string }): boolean => modelId === undefined || entry.modelId === modelId;
    return {
      operations: this.#operations.filter(wanted),
      checkpoints: this.#checkpoints.filter(wanted),
      skipped: this.#skipped.filter(wanted),
      requests: Object.fromEntries(this.#requests),
    };
  }
}
