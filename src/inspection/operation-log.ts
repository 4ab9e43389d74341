import { OperationEntry, type CalledOperation } from './operation-entry.js';
import { QuickSamples } from './quick-samples.js';
import type { OperationRecord } from './records.js';

/** What becomes of operations, gathered into one record each. Nothing of one is kept once its end was told. */
export class OperationLog {
  readonly #service: string;
  readonly #now: () => number;
  readonly #isWhole: boolean;
  readonly #open = new Map<string, OperationEntry>();
  readonly #changed = new Set<OperationEntry>();
  readonly #quick = new QuickSamples();
  /** Open samples that have records. */
  #samples = 0;

  /**
   * @param now milliseconds since 1970, never going back
   * @param isWhole whether every operation is to have a record, however many samples are made
   */
  constructor(service: string, now: () => number, isWhole: boolean) {
    this.#service = service;
    this.#now = now;
    this.#isWhole = isWhole;
  }

  /** How many operations it keeps: those that are open, and those whose end is still to be told. */
  get size(): number {
    return this.#open.size + this.#quick.size;
  }

  /** How many samples of a client went well and left no record. */
  unrecorded(client: string): number {
    return this.#quick.countOf(client);
  }

  /** Nothing of a client is told any more. */
  clientGone(client: string): void {
    this.#quick.forget(client);
  }

  /** A call was made; gives the moment. */
  called(called: CalledOperation): number {
    const calledAt = this.#now();
    const isQuick = called.group === 'sampling' && !this.#isWhole && this.#quick.takes(called, calledAt, this.#samples);
    if (!isQuick) this.#begin(called, calledAt);
    return calledAt;
  }

  /** It is its turn: it has its numbers. */
  sending(id: string, seqIds: readonly number[], optimStepsBefore?: number): void {
    if (this.#quick.sending(id, seqIds, this.#now)) return;
    const entry = this.#changing(id);
    if (entry === undefined) return;
    entry.status = 'sending';
    entry.known.seqIds = seqIds;
    if (optimStepsBefore !== undefined) entry.known.optimStepsBefore = optimStepsBefore;
    // A wedged one is sent again.
    delete entry.known.error;
  }

  /** An attempt to send it begins, with the making of its body. */
  attempting(id: string, retryCount: number): void {
    if (retryCount === 0 && this.#quick.has(id)) return;
    const entry = this.#changing(id);
    if (entry === undefined) return;
    if (retryCount > 0) entry.mark('sent again', this.#now(), entry.lastFailure === '' ? 'no answer in time' : entry.lastFailure);
    entry.lastFailure = '';
    const isAlone = entry.called.group === 'service';
    // Nothing else tells that it is the turn of one that waits in no queue.
    if (isAlone) entry.status = 'sending';
    if (entry.phase.name === 'queued') entry.enter(isAlone ? 'sending' : 'encoding', this.#now());
  }

  /** An attempt to send it failed. */
  attemptFailed(id: string, why: string): void {
    const entry = this.#changing(id);
    if (entry !== undefined) entry.lastFailure = why;
  }

  /** The body is written and goes out. */
  bodyWritten(id: string): void {
    if (this.#quick.has(id)) return;
    const entry = this.#changing(id);
    if (entry !== undefined && entry.phase.name !== 'sending') entry.enter('sending', this.#now());
  }

  /** The caller's own function makes the results of a first pass into a second. */
  computing(id: string): void {
    this.#changing(id)?.enter('encoding', this.#now(), 'your loss function');
  }

  /** The server has taken it. */
  accepted(id: string, requestId: string | undefined): void {
    if (this.#quick.accepted(id, requestId, this.#now)) return;
    const entry = this.#changing(id);
    if (entry === undefined) return;
    entry.status = 'polling';
    if (requestId !== undefined) entry.known.requestId = requestId;
    entry.enter('waiting', this.#now());
  }

  /** The server has taken a request of the service itself, whose result is still to be asked for. */
  acceptedAlone(id: string, requestId: string): void {
    if (this.#open.get(id)?.called.group === 'service') this.accepted(id, requestId);
  }

  /** A poll failed, and it will be asked for again, or not. */
  pollFailed(id: string, why: string): void {
    this.#changing(id)?.mark('poll failed', this.#now(), why);
  }

  /** It failed in passing, and is asked for anew under a new number. */
  askedAnew(id: string, why: string): void {
    const entry = this.#changing(id);
    if (entry === undefined) return;
    entry.mark('asked anew', this.#now(), why);
    entry.lastFailure = '';
    entry.status = 'queued';
    entry.enter('queued', this.#now());
  }

  /** The server, or the account, holds it up, or lets it go on. */
  queueState(id: string, status: OperationRecord['status'], queueState: string | undefined, reason: string | undefined): void {
    if (status !== 'paused' && this.#quick.has(id)) return;
    const entry = this.#changing(id);
    if (entry === undefined) return;
    const { known, called } = entry;
    const goesOn = called.group === 'service' && known.requestId === undefined ? 'sending' : status;
    entry.status = status === 'paused' ? status : goesOn;
    if (queueState === undefined) delete known.queueState;
    else known.queueState = queueState;
    if (reason === undefined) delete known.reason;
    else known.reason = reason;
    const { name, reason: before } = entry.phase;
    const why = reason || queueState;
    // Said at every poll.
    if (status === 'paused' && (name !== 'paused' || before !== why)) entry.enter('paused', this.#now(), why);
    else if (status !== 'paused' && name === 'paused') entry.enter(entry.status === 'sending' ? 'sending' : 'waiting', this.#now());
  }

  /** It has its result, whose download took so many milliseconds. */
  done(id: string, downloadMs: number): void {
    if (this.#quick.done(id, this.#now())) return;
    const entry = this.#changing(id);
    if (entry === undefined) return;
    if (downloadMs > 0) entry.enter('downloading', this.#now() - downloadMs);
    this.#end(entry, 'done');
  }

  /** It failed or was cancelled. One that is wedged stays open: it may be sent again. */
  failed(id: string, { kind, message }: { readonly kind: string; readonly message: string }): void {
    const entry = this.#changing(id);
    if (entry === undefined) return;
    entry.known.error = { kind, message };
    if (kind === 'wedged') {
      entry.status = 'failed';
      entry.enter('queued', this.#now(), 'wedged');
    } else {
      this.#end(entry, kind === 'cancelled' ? 'cancelled' : 'failed');
    }
  }

  /** Nothing of it is under way any more, however it ended. */
  forgotten(id: string): void {
    const entry = this.#changing(id);
    if (entry !== undefined) this.#end(entry, entry.status === 'failed' ? 'failed' : 'cancelled');
  }

  /** Nothing of any of them is under way any more. */
  allForgotten(): void {
    for (const id of [...this.#open.keys(), ...this.#quick.ids()]) this.forgotten(id);
  }

  /** The records of all that changed since the last call. */
  changes(): OperationRecord[] {
    const at = this.#now();
    for (const id of this.#quick.slow(at)) this.#changing(id);
    const records = [...this.#changed].map((entry) => entry.record(this.#service, at));
    for (const { called, hasEnded } of this.#changed) if (hasEnded) this.#open.delete(called.id);
    this.#changed.clear();
    return records;
  }

  #begin(called: CalledOperation, calledAt: number): OperationEntry {
    const entry = new OperationEntry(called, calledAt);
    this.#open.set(called.id, entry);
    this.#changed.add(entry);
    if (called.group === 'sampling') this.#samples += 1;
    return entry;
  }

  /** An open one that has news; a quick sample that has any gets a record after all. */
  #changing(id: string): OperationEntry | undefined {
    const entry = this.#open.get(id) ?? this.#begunLate(id);
    if (entry === undefined || entry.hasEnded) return undefined;
    this.#changed.add(entry);
    return entry;
  }

  #begunLate(id: string): OperationEntry | undefined {
    const quick = this.#quick.release(id);
    if (quick === undefined) return undefined;
    const { called, calledAt, seqIds, sentAt, acceptedAt, requestId } = quick;
    const entry = this.#begin(called, calledAt);
    if (sentAt !== undefined) {
      entry.status = 'sending';
      entry.known.seqIds = seqIds;
      entry.enter('sending', sentAt);
    }
    if (acceptedAt !== undefined) {
      entry.status = 'polling';
      if (requestId !== undefined) entry.known.requestId = requestId;
      entry.enter('waiting', acceptedAt);
    }
    return entry;
  }

  #end(entry: OperationEntry, status: 'done' | 'failed' | 'cancelled'): void {
    entry.end(status, this.#now());
    if (entry.called.group === 'sampling') this.#samples -= 1;
  }
}
