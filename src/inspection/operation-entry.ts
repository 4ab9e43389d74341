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

const mostKept = 64;

/** An operation that has not ended, or whose end has not been told: what its record is made of. */
export class OperationEntry {
  readonly called: CalledOperation;
  readonly known: { -readonly [K in keyof Facts]: Facts[K] } = {};
  status: OperationRecord['status'] = 'queued';
  /** Why its last attempt failed, for the mark of the next. */
  lastFailure = '';
  /** The one that it is in. */
  phase: Phase = { name: 'queued', ms: 0 };
  readonly #calledAt: number;
  readonly #phases: Phase[] = [this.phase];
  readonly #marks: Mark[] = [];
  #leftOut = 0;

  constructor(called: CalledOperation, calledAt: number) {
    this.called = called;
    this.#calledAt = calledAt;
  }

  get hasEnded(): boolean {
    return this.known.endedAt !== undefined;
  }

  /** It is in another phase since a moment. */
  enter(name: PhaseName, at: number, reason?: string): void {
    // A download is known of only when it is over, and nothing goes back in time.
    const ms = Math.max(rounded(at - this.#calledAt), this.phase.ms);
    this.phase = reason === undefined ? { name, ms } : { name, ms, reason };
    this.#leftOut += keep(this.#phases, this.phase);
  }

  mark(name: Mark['name'], at: number, why: string): void {
    this.#leftOut += keep(this.#marks, { name, ms: rounded(at - this.#calledAt), why });
  }

  end(status: 'done' | 'failed' | 'cancelled', at: number): void {
    this.status = status;
    this.known.endedAt = at;
  }

  record(service: string, at: number): OperationRecord {
    const { id, kind, group, client, bytes, parts } = this.called;
    return {
      type: 'operation',
      service,
      key: id,
      at,
      kind,
      group,
      ...(client === undefined ? {} : { client }),
      status: this.status,
      calledAt: this.#calledAt,
      // One that has ended does not change any more.
      phases: this.hasEnded ? this.#phases : [...this.#phases],
      marks: this.hasEnded ? this.#marks : [...this.#marks],
      ...(this.#leftOut === 0 ? {} : { leftOut: this.#leftOut }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(parts === undefined ? {} : { parts }),
      ...this.known,
    };
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
