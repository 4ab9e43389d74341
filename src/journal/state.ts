import type { CheckpointRecord, HeaderRecord, IntentRecord, JournalRecord, SettledRecord } from './records.js';

/** One request of an operation. */
export interface JournaledPart {
  readonly intent: IntentRecord;
  /** Undefined while nobody knows whether the server has it. */
  readonly requestId: string | undefined;
}

/** An operation whose end is not known, or whose effect is not part of an optimizer step yet. */
export interface JournaledOperation {
  /** The least of its numbers, which names it. */
  readonly seqId: number;
  readonly id: string;
  readonly kind: string;
  readonly seqIds: readonly number[];
  readonly parts: ReadonlyMap<number, JournaledPart>;
  /** Optimizer steps that go before it. */
  readonly stepsBefore: number;
  /** `stepped`: an optimizer step after it is done, and it is not known whether it had its part in it. */
  readonly outcome: 'open' | 'done' | 'failed' | 'skipped' | 'stepped';
}

/** Requests that change the model, or what the next optimizer step does to it. */
const effective: ReadonlySet<string> = new Set(['ForwardBackward', 'OptimStep', 'LoadWeights']);
/** Operations after which earlier gradients do not matter. */
const boundaries: ReadonlySet<string> = new Set(['optimStep', 'loadState']);
const saves: ReadonlySet<string> = new Set(['saveState', 'saveWeightsForSampler', 'saveWeightsAndGetSamplingClient']);
const mostCheckpoints = 50;

export function isSave({ kind }: Pick<JournaledOperation, 'kind'>): boolean {
  return saves.has(kind);
}

export function isBoundary({ kind }: Pick<JournaledOperation, 'kind'>): boolean {
  return boundaries.has(kind);
}

/** Whether it would make a difference to the model if it were executed once more, or not at all. */
export function hasEffect({ parts }: Pick<JournaledOperation, 'parts'>): boolean {
  return [...parts.values()].some(({ intent }) => effective.has(intent.requestType));
}

/** Whether the server has all its parts. */
export function isAccepted({ seqIds, parts }: JournaledOperation): boolean {
  return seqIds.every((seqId) => parts.get(seqId)?.requestId !== undefined);
}

/** What a journal says: the same whether it was just read or is being written. */
export class JournalState {
  #header: HeaderRecord;
  readonly #operations = new Map<number, JournaledOperation>();
  readonly #owners = new Map<number, number>();
  #spare: readonly number[];
  #checkpoints: readonly CheckpointRecord[] = [];
  #step: number;
  #nextSeqId: number;
  #lost: string | undefined;
  #ended: string | undefined;

  constructor(header: HeaderRecord, records: readonly JournalRecord[] = []) {
    this.#header = header;
    this.#step = header.step;
    this.#nextSeqId = header.nextSeqId;
    this.#spare = header.spareSeqIds;
    for (const record of records) this.apply(record);
  }

  /** As of now. */
  get header(): HeaderRecord {
    return { ...this.#header, step: this.#step, nextSeqId: this.#nextSeqId, spareSeqIds: this.#spare };
  }

  /** Optimizer steps that are done. */
  get step(): number {
    return this.#step;
  }

  /** In the order in which they were sent. */
  get operations(): readonly JournaledOperation[] {
    return [...this.#operations.values()];
  }

  /** The oldest first. */
  get checkpoints(): readonly CheckpointRecord[] {
    return this.#checkpoints;
  }

  /** Why the model cannot be gone on with; undefined where it can. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Why nobody will go on with this journal; undefined where somebody may. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** The operation that has a number, where it is kept. */
  operationOf(seqId: number): JournaledOperation | undefined {
    const name = this.#owners.get(seqId);
    return name === undefined ? undefined : this.#operations.get(name);
  }

  /** Optimizer steps that go before what is sent next, those included whose end is not known yet. */
  get stepsSent(): number {
    return this.#step + this.operations.filter(isOpenStep).length;
  }

  /** Notes what happened. */
  apply(record: JournalRecord): void {
    switch (record.type) {
      case 'header':
        this.#header = record;
        return;
      case 'intent':
        this.#intend(record);
        return;
      case 'accepted':
        this.#accept(record.seqId, record.requestId);
        return;
      case 'settled':
        this.#settle(record.seqId, record.outcome);
        return;
      case 'checkpoint':
        // Where the model began is where its steps are counted from.
        if (record.seqId === 1 && record.isLoad === true) this.#header = { ...this.#header, model: { ...this.#header.model, origin: record.path } };
        this.#checkpoints = [...this.#checkpoints.filter(({ path }) => path !== record.path), record].slice(-mostCheckpoints);
        return;
      case 'lost':
        this.#lost = record.why;
        return;
      case 'ended':
        this.#ended = record.why;
    }
  }

  /** The shortest journal that says the same. */
  summary(): readonly JournalRecord[] {
    const lost: JournalRecord[] = this.#lost === undefined ? [] : [{ type: 'lost', why: this.#lost }];
    const ended: JournalRecord[] = this.#ended === undefined ? [] : [{ type: 'ended', why: this.#ended }];
    return [this.header, ...this.#checkpoints, ...this.operations.flatMap(recordsOf), ...lost, ...ended];
  }

  #intend(intent: IntentRecord): void {
    const { id, kind, seqIds, seqId, stepsBefore } = intent;
    const name = Math.min(...seqIds);
    const known = this.#operations.get(name);
    const parts = new Map(known?.parts);
    parts.set(seqId, { intent, requestId: parts.get(seqId)?.requestId });
    this.#operations.set(name, { seqId: name, id, kind, seqIds, parts, stepsBefore, outcome: 'open' });
    for (const number of seqIds) this.#owners.set(number, name);
    const next = Math.max(this.#nextSeqId, ...seqIds.map((number) => number + 1));
    const skipped = Array.from({ length: next - this.#nextSeqId }, (_, index) => this.#nextSeqId + index);
    this.#spare = [...this.#spare, ...skipped].filter((number) => !seqIds.includes(number));
    this.#nextSeqId = next;
  }

  #accept(seqId: number, requestId: string): void {
    const operation = this.operationOf(seqId);
    const part = operation?.parts.get(seqId);
    if (operation === undefined || part === undefined) return;
    this.#change(operation, { parts: new Map(operation.parts).set(seqId, { ...part, requestId }) });
  }

  #settle(seqId: number, outcome: SettledRecord['outcome']): void {
    const operation = this.#operations.get(seqId);
    if (operation === undefined) return;
    const unsent = operation.seqIds.filter((number) => !operation.parts.has(number));
    this.#spare = [...this.#spare, ...unsent].sort((a, b) => a - b);
    for (const number of unsent) this.#owners.delete(number);
    if (operation.outcome === 'stepped') this.#forget(operation);
    else if (outcome === 'done' && isBoundary(operation)) this.#stepOver(operation);
    else if (outcome === 'done' || outcome === 'skipped' || outcome === 'stepped' || (outcome === 'failed' && operation.seqIds.length > 1 && hasEffect(operation))) {
      this.#change(operation, { outcome });
    } else this.#withdraw(operation, seqId);
  }

  /** It has come to nothing: a checkpoint that counted it as a step holds one less. */
  #withdraw(operation: JournaledOperation, seqId: number): void {
    const later = this.operations.slice(this.operations.indexOf(operation) + 1);
    this.#forget(operation);
    if (operation.kind !== 'optimStep') return;
    for (const other of later) this.#change(other, { stepsBefore: other.stepsBefore - 1 });
    this.#checkpoints = this.#checkpoints.map((saved) => (saved.seqId !== undefined && saved.seqId > seqId ? { ...saved, step: saved.step - 1 } : saved));
  }

  /** An optimizer step or a load is done: what came before it does not matter any more, unless it has something to tell. */
  #stepOver(boundary: JournaledOperation): void {
    const isStep = boundary.kind === 'optimStep';
    if (isStep) this.#step += 1;
    for (const operation of this.operations.slice(0, this.operations.indexOf(boundary))) {
      const isOpen = operation.outcome === 'open';
      if (isOpen && (isSave(operation) || isBoundary(operation))) continue;
      // A pass that fails is missing in the step, which is done without it.
      if (isStep && isOpen && hasEffect(operation) && isAccepted(operation)) this.#change(operation, { outcome: 'stepped' });
      else if (!isStep || operation.outcome !== 'stepped') this.#forget(operation);
    }
    this.#forget(boundary);
  }

  #change(operation: JournaledOperation, change: Partial<JournaledOperation>): void {
    this.#operations.set(operation.seqId, { ...operation, ...change });
  }

  #forget({ seqId, seqIds }: JournaledOperation): void {
    this.#operations.delete(seqId);
    for (const number of seqIds) this.#owners.delete(number);
  }
}

function isOpenStep({ kind, outcome }: JournaledOperation): boolean {
  return kind === 'optimStep' && outcome === 'open';
}

function recordsOf({ seqId, parts, stepsBefore, outcome }: JournaledOperation): readonly JournalRecord[] {
  const sent = [...parts.values()].flatMap(({ intent, requestId }): readonly JournalRecord[] => {
    const current = { ...intent, stepsBefore };
    return requestId === undefined ? [current] : [current, { type: 'accepted', seqId: intent.seqId, requestId }];
  });
  return outcome === 'open' ? sent : [...sent, { type: 'settled', seqId, outcome }];
}
