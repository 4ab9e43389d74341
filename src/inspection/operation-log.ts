import type { Mark, OperationRecord, Phase, PhaseName } from './records.js';

/** A call, as far as it is known when it is made. */
export interface CalledOperation {
  readonly id: string;
  readonly kind: string;
  readonly group: OperationRecord['group'];
  /** Key of the client's record; undefined for the service itself. */
  readonly client: string | undefined;
  /** Estimated bytes of its bodies, where that is known. */
  readonly bytes?: number | undefined;
  /** Requests that it is sent as, where that is known. */
  readonly parts?: number | undefined;
}

type Facts = Pick<OperationRecord, 'seqIds' | 'requestId' | 'optimStepsBefore' | 'queueState' | 'reason' | 'error' | 'endedAt'>;
type Known = { -readonly [K in keyof Facts]: Facts[K] };

/** An operation that has not ended, or whose end has not been told. */
interface Entry {
  readonly called: CalledOperation;
  readonly calledAt: number;
  readonly phases: Phase[];
  /** The one that it is in. */
  phase: Phase;
  readonly marks: Mark[];
  readonly known: Known;
  status: OperationRecord['status'];
  leftOut: number;
  /** Why its last attempt failed, for the mark of the next. */
  lastFailure: string;
}

const mostKept = 64;

/** What becomes of operations, gathered into one record each. Nothing of one is kept once its end was told. */
export class OperationLog {
  readonly #service: string;
  readonly #now: () => number;
  readonly #open = new Map<string, Entry>();
  readonly #changed = new Set<Entry>();

  /** @param now milliseconds since 1970, never going back */
  constructor(service: string, now: () => number) {
    this.#service = service;
    this.#now = now;
  }

  /** How many operations it keeps: those that are open, and those whose end is still to be told. */
  get size(): number {
    return this.#open.size;
  }

  /** A call was made; gives the moment. */
  called(called: CalledOperation): number {
    const calledAt = this.#now();
    const phase: Phase = { name: 'queued', ms: 0 };
    const entry: Entry = { called, calledAt, phases: [phase], phase, marks: [], known: {}, status: 'queued', leftOut: 0, lastFailure: '' };
    this.#open.set(called.id, entry);
    this.#changed.add(entry);
    return calledAt;
  }

  /** It is its turn: it has its numbers. */
  sending(id: string, seqIds: readonly number[], optimStepsBefore?: number): void {
    this.#change(id, (entry) => {
      entry.status = 'sending';
      entry.known.seqIds = seqIds;
      if (optimStepsBefore !== undefined) entry.known.optimStepsBefore = optimStepsBefore;
      // A wedged one is sent again.
      delete entry.known.error;
    });
  }

  /** An attempt to send it begins, with the making of its body. */
  attempting(id: string, retryCount: number): void {
    this.#change(id, (entry) => {
      if (retryCount > 0) this.#mark(entry, 'sent again', entry.lastFailure === '' ? 'no answer in time' : entry.lastFailure);
      entry.lastFailure = '';
      const isAlone = entry.called.group === 'service';
      // Nothing else tells that it is the turn of one that waits in no queue.
      if (isAlone) entry.status = 'sending';
      if (entry.phase.name === 'queued') this.#enter(entry, isAlone ? 'sending' : 'encoding');
    });
  }

  /** An attempt to send it failed. */
  attemptFailed(id: string, why: string): void {
    this.#change(id, (entry) => {
      entry.lastFailure = why;
    });
  }

  /** The body is written and goes out. */
  bodyWritten(id: string): void {
    this.#change(id, (entry) => {
      if (entry.phase.name !== 'sending') this.#enter(entry, 'sending');
    });
  }

  /** The caller's own function makes the results of a first pass into a second. */
  computing(id: string): void {
    this.#change(id, (entry) => this.#enter(entry, 'encoding', 'your loss function'));
  }

  /** The server has taken it. */
  accepted(id: string, requestId: string | undefined): void {
    this.#change(id, (entry) => {
      entry.status = 'polling';
      if (requestId !== undefined) entry.known.requestId = requestId;
      this.#enter(entry, 'waiting');
    });
  }

  /** The server has taken a request of the service itself, whose result is still to be asked for. */
  acceptedAlone(id: string, requestId: string): void {
    if (this.#open.get(id)?.called.group === 'service') this.accepted(id, requestId);
  }

  /** A poll failed, and it will be asked for again, or not. */
  pollFailed(id: string, why: string): void {
    this.#change(id, (entry) => this.#mark(entry, 'poll failed', why));
  }

  /** It failed in passing, and is asked for anew under a new number. */
  askedAnew(id: string, why: string): void {
    this.#change(id, (entry) => {
      this.#mark(entry, 'asked anew', why);
      entry.lastFailure = '';
      entry.status = 'queued';
      this.#enter(entry, 'queued');
    });
  }

  /** The server, or the account, holds it up, or lets it go on. */
  queueState(id: string, status: OperationRecord['status'], queueState: string | undefined, reason: string | undefined): void {
    this.#change(id, (entry) => {
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
      if (status === 'paused' && (name !== 'paused' || before !== why)) this.#enter(entry, 'paused', why);
      else if (status !== 'paused' && name === 'paused') this.#enter(entry, entry.status === 'sending' ? 'sending' : 'waiting');
    });
  }

  /** It has its result, whose download took so many milliseconds. */
  done(id: string, downloadMs: number): void {
    this.#change(id, (entry) => {
      if (downloadMs > 0) {
        const began = this.#now() - entry.calledAt - downloadMs;
        this.#enter(entry, 'downloading', undefined, Math.max(began, entry.phase.ms));
      }
      this.#end(entry, 'done');
    });
  }

  /** It failed or was cancelled. One that is wedged stays open: it may be sent again. */
  failed(id: string, error: { readonly kind: string; readonly message: string }): void {
    this.#change(id, (entry) => {
      const { kind, message } = error;
      entry.known.error = { kind, message };
      if (kind === 'wedged') {
        entry.status = 'failed';
        this.#enter(entry, 'queued', 'wedged');
      } else {
        this.#end(entry, kind === 'cancelled' ? 'cancelled' : 'failed');
      }
    });
  }

  /** Nothing of it is under way any more, however it ended. */
  forgotten(id: string): void {
    this.#change(id, (entry) => this.#end(entry, entry.status === 'failed' ? 'failed' : 'cancelled'));
  }

  /** Nothing of any of them is under way any more. */
  allForgotten(): void {
    for (const id of this.#open.keys()) this.forgotten(id);
  }

  /** The records of all that changed since the last call. */
  changes(): OperationRecord[] {
    const at = this.#now();
    const records = [...this.#changed].map((entry) => this.#recordOf(entry, at));
    for (const { called, known } of this.#changed) if (known.endedAt !== undefined) this.#open.delete(called.id);
    this.#changed.clear();
    return records;
  }

  #recordOf({ called, calledAt, phases, marks, known, status, leftOut }: Entry, at: number): OperationRecord {
    const { id, kind, group, client, bytes, parts } = called;
    return {
      type: 'operation',
      service: this.#service,
      key: id,
      at,
      kind,
      group,
      ...(client === undefined ? {} : { client }),
      status,
      calledAt,
      phases: [...phases],
      marks: [...marks],
      ...(leftOut === 0 ? {} : { leftOut }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(parts === undefined ? {} : { parts }),
      ...known,
    };
  }

  #change(id: string, change: (entry: Entry) => void): void {
    const entry = this.#open.get(id);
    if (entry === undefined || entry.known.endedAt !== undefined) return;
    change(entry);
    this.#changed.add(entry);
  }

  #enter(entry: Entry, name: PhaseName, reason?: string, ms = this.#now() - entry.calledAt): void {
    entry.phase = reason === undefined ? { name, ms: rounded(ms) } : { name, ms: rounded(ms), reason };
    entry.leftOut += keep(entry.phases, entry.phase);
  }

  #mark(entry: Entry, name: Mark['name'], why: string): void {
    entry.leftOut += keep(entry.marks, { name, ms: rounded(this.#now() - entry.calledAt), why });
  }

  #end(entry: Entry, status: 'done' | 'failed' | 'cancelled'): void {
    entry.status = status;
    entry.known.endedAt = this.#now();
  }
}

/** Keeps the first and the newest of what may be too many; gives how many were let go. */
function keep<A>(list: A[], added: A): number {
  list.push(added);
  if (list.length <= mostKept) return 0;
  list.splice(mostKept / 2, 1);
  return 1;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
