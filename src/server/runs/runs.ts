import * as t from 'io-ts';
import { asSentence } from '../../types/errors.js';
import { isoTime, type Clock } from '../clock.js';
import type { FutureOutcome } from '../futures/futures.js';
import { ModelQueue } from '../training/model-queue.js';
import { modelIdOf, runFolder } from './run-ids.js';
import type { StateStore } from '../state-store.js';

const Lora = t.strict({
  rank: t.number,
  seed: t.number,
  trainAttn: t.boolean,
  trainMlp: t.boolean,
  trainUnembed: t.boolean,
});

/** Why a model is not there any more. */
const Ending = t.strict({
  reason: t.keyof({ unloaded: null, sessionEnded: null, failed: null }),
  detail: t.string,
  at: t.string,
});
type Ending = t.TypeOf<typeof Ending>;

/** What is known of a training run; survives a restart. */
export const RunRecord = t.intersection([
  t.strict({
    modelId: t.string,
    sessionId: t.string,
    modelSeqId: t.number,
    /** Of the request that created it. */
    fingerprint: t.string,
    requestId: t.string,
    createdAt: t.string,
    /** Null until a model created from a checkpoint knows what it is. */
    baseModel: t.union([t.string, t.null]),
    lora: t.union([Lora, t.null]),
    userMetadata: t.union([t.record(t.string, t.unknown), t.null]),
    ended: t.union([Ending, t.null]),
  }),
  t.exact(t.partial({
    /** Absent until the first operation after the one that created it. */
    lastRequestAt: t.string,
  })),
], 'RunRecord');
export type RunRecord = t.TypeOf<typeof RunRecord>;

/** The answer that a number already has. */
export interface Receipt {
  readonly fingerprint: string;
  readonly requestId: string;
}

/** A training run; with a queue when its model lives in this process. */
export interface Run {
  record: RunRecord;
  readonly queue: ModelQueue | undefined;
  readonly receipts: Map<number, Receipt>;
}

export interface RunRegistryOptions {
  readonly clock: Clock;
  readonly store: StateStore;
  readonly missingSeqTimeoutMs: number;
  /** Told about numbers that are not waited for any longer, both ends included. */
  readonly onSkip: (modelId: string, from: number, to: number) => void;
}

/** The training runs of this server, those of earlier processes included. */
export class RunRegistry {
  readonly #options: RunRegistryOptions;
  readonly #runs = new Map<string, Run>();
  readonly #requested = new Set<Run>();

  constructor(options: RunRegistryOptions) {
    this.#options = options;
  }

  /** Reads the runs of earlier processes; their models are not in memory any more. */
  async load(): Promise<void> {
    for (const record of await this.#options.store.readAll('runs', RunRecord)) {
      this.#runs.set(record.modelId, { record, queue: undefined, receipts: new Map() });
    }
  }

  find(modelId: string): Run | undefined {
    return this.#runs.get(modelId);
  }

  all(): readonly Run[] {
    return [...this.#runs.values()];
  }

  /** Adds a run whose model is to be made. */
  open(facts: Pick<RunRecord, 'sessionId' | 'modelSeqId' | 'fingerprint' | 'requestId' | 'userMetadata'>): Run {
    const { clock, missingSeqTimeoutMs, onSkip } = this.#options;
    const modelId = modelIdOf(facts.sessionId, facts.modelSeqId);
    const run: Run = {
      record: { ...facts, modelId, createdAt: isoTime(clock.now()), baseModel: null, lora: null, ended: null },
      queue: new ModelQueue({ clock, missingSeqTimeoutMs, onSkip: (from, to) => onSkip(modelId, from, to) }),
      receipts: new Map(),
    };
    this.#runs.set(modelId, run);
    return run;
  }

  /** Changes what is known and writes it down. */
  async update(run: Run, facts: Partial<RunRecord>): Promise<void> {
    run.record = { ...run.record, ...facts };
    await this.#options.store.write(`runs/${runFolder(run.record.modelId) ?? 'run'}.json`, run.record);
  }

  /** Notes that something was asked of a run; written down by {@link RunRegistry.flush}. */
  requested(run: Run): void {
    run.record = { ...run.record, lastRequestAt: isoTime(this.#options.clock.now()) };
    this.#requested.add(run);
  }

  /** Writes down when runs were last asked for something. */
  async flush(): Promise<void> {
    const changed = [...this.#requested];
    this.#requested.clear();
    for (const run of changed) await this.update(run, {});
  }

  /** Notes that a model is not there any more; the first reason stays. */
  async end(run: Run, reason: Ending['reason'], detail: string): Promise<void> {
    if (run.record.ended !== null) return;
    await this.update(run, { ended: { reason, detail, at: isoTime(this.#options.clock.now()) } });
  }
}

/** Why nothing can be done with a run; undefined when its model is there. */
export function whyGone(run: Run): Extract<FutureOutcome, { state: 'failed' }> | undefined {
  const { modelId, ended } = run.record;
  const restore = 'Go on from a checkpoint with createTrainingClientFromStateWithOptimizer(path).';
  if (ended?.reason === 'failed') {
    return { state: 'failed', category: 'user', error: `Model ${modelId} could not be created: ${asSentence(ended.detail)}` };
  }
  if (ended !== null) {
    return { state: 'failed', category: 'user', error: `Model ${modelId} is not loaded: ${ended.detail}. ${restore}` };
  }
  if (run.queue !== undefined) return undefined;
  return {
    state: 'failed',
    category: 'user',
    error: `Model ${modelId} is not loaded: the server was restarted, and what it held in memory is gone. ${restore}`,
  };
}
