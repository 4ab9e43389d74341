import type * as E from 'fp-ts/lib/Either.js';
import type { AttemptFailure } from '../types/attempt.js';
import type { TinkerError } from '../types/errors.js';
import type { SecondPass } from './training-context.js';
import type { StopSignal } from '../types/stop.js';
import type { WaitFacts } from '../types/wait-facts.js';

/** What one attempt to send a part may use. */
export interface SendContext {
  readonly part: number;
  readonly seqId: number | undefined;
  /** Counted from 0; every attempt of a part sends the same bytes. */
  readonly retryCount: number;
  readonly signal: StopSignal;
  /** To be added to the request's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** To be called when the body is written and goes out; absent where nobody inspects. */
  readonly onWritten?: (() => void) | undefined;
}

/** Ends when it is worth looking again; its signal says that nobody wants it any more. */
export type Wait = (signal: StopSignal) => Promise<void>;

/**
 * Everything about a request that is too big for an event: its bodies, and where its results go.
 * Machines know it by key only, so that what an inspector sees stays small and holds no tensors.
 */
export interface Work {
  /** How the result is asked for (wire protocol §1.4); absent where the answer itself is the result. */
  readonly requestType: string | undefined;
  /**
   * What a part has to wait for before it can be sent at all, such as room; undefined when it can go now.
   * No attempt begins before that, so that no time-out counts it. Absent where nothing is waited for.
   */
  readonly waits?: (part: number) => Wait | undefined;
  /** Sends a part once. Right is the request id, where the answer carries one. */
  readonly send: (context: SendContext) => Promise<E.Either<AttemptFailure, string | undefined>>;
  /** Takes a part's result. Left when it is not what was promised. */
  readonly receive: (part: number, body: unknown) => E.Either<TinkerError, void>;
  /**
   * Makes the results into the parts of a second pass, which is then what `send` and `receive` mean.
   * Absent where there is none.
   */
  readonly secondPass?: () => Promise<E.Either<TinkerError, SecondPass>>;
  /** The server has taken all parts: the bodies are not needed any more. */
  readonly releaseBodies?: () => void;
}

/** How far the requests of one key are. */
interface Facts {
  attempts: number;
  polls: number;
  status: number | undefined;
  queueState: string | undefined;
  reason: string | undefined;
}

/** The work of all open requests of a service, by key, and the room that their results hold. */
export class WorkTable {
  readonly #open = new Map<string, Work>();
  readonly #rooms = new Map<string, Map<number, () => void>>();
  readonly #roundTrips = new Map<string, Map<number, number>>();
  readonly #facts = new Map<string, Facts>();

  add(key: string, work: Work): void {
    this.#open.set(key, work);
  }

  get(key: string): Work | undefined {
    return this.#open.get(key);
  }

  /** Forgets a request and gives back the room that its results hold. */
  remove(key: string): void {
    this.#open.delete(key);
    this.#roundTrips.delete(key);
    this.#facts.delete(key);
    for (const part of [...(this.#rooms.get(key)?.keys() ?? [])]) this.giveBackRoom(key, part);
  }

  /** Notes that room was reserved for a part's result; given back at once when nobody waits any more. */
  holdRoom(key: string, part: number, giveBack: () => void): void {
    if (!this.#open.has(key)) {
      giveBack();
      return;
    }
    const rooms = this.#rooms.get(key) ?? new Map<number, () => void>();
    this.#rooms.set(key, rooms.set(part, giveBack));
  }

  giveBackRoom(key: string, part: number): void {
    const rooms = this.#rooms.get(key);
    rooms?.get(part)?.();
    rooms?.delete(part);
    if (rooms?.size === 0) this.#rooms.delete(key);
  }

  /** Notes how long a part's submission took, in milliseconds; forgotten with the request. */
  noteRoundTrip(key: string, part: number, ms: number): void {
    if (!this.#open.has(key)) return;
    this.#roundTrips.set(key, (this.#roundTrips.get(key) ?? new Map<number, number>()).set(part, ms));
  }

  /** How long a part's submission took, in milliseconds, where that is known. */
  roundTripOf(key: string, part: number): number | undefined {
    return this.#roundTrips.get(key)?.get(part);
  }

  /** Notes that a request is sent, or that its result is asked for. */
  noteAsked(key: string, what: 'attempts' | 'polls'): void {
    if (!this.#open.has(key)) return;
    const facts: Facts = this.#facts.get(key) ?? { attempts: 0, polls: 0, status: undefined, queueState: undefined, reason: undefined };
    facts[what] += 1;
    this.#facts.set(key, facts);
  }

  /** Notes the HTTP status of an answer to it. */
  noteAnswer(key: string, status: number | undefined): void {
    const facts = this.#facts.get(key);
    if (facts !== undefined) facts.status = status ?? facts.status;
  }

  /** Notes what the server says of its queue. */
  noteQueueState(key: string, queueState: string | undefined, reason: string | undefined): void {
    const facts = this.#facts.get(key);
    if (facts !== undefined) Object.assign(facts, { queueState, reason });
  }

  /** How often a request, all parts together, was sent and its result was asked for, and what was heard last. */
  factsOf(key: string): WaitFacts {
    const { attempts, polls, status, queueState, reason } = this.#facts.get(key) ?? {};
    return { attempts, polls: polls === 0 ? undefined : polls, status, queueState, queueStateReason: reason };
  }

  /** How many requests are open. */
  get size(): number {
    return this.#open.size;
  }
}
