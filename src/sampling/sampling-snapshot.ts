import type { SamplingGateActor } from '../machines/sampling-gate-machine.js';
import type { SamplingActor, SamplingCounters } from '../machines/sampling-machine.js';
import type { TinkerErrorSummary } from '../types/errors.js';

/** A small picture of a sampling client: plain data that JSON carries, without any tokens. */
export interface SamplingSnapshot {
  /** The id of the sampling session on the server. */
  readonly samplingSessionId: string;
  /** `idle`: no call is open; `busy`; `stopped`: the client is closed. */
  readonly state: 'idle' | 'busy' | 'stopped';
  /**
   * Whether requests are sent; the same for all sampling clients of a service. `open`: within the usual
   * limits; `backingOff`: the server has pushed back, nothing is sent for a moment; `throttled`: just after
   * that, few at a time; `billingPaused`: the account is blocked.
   */
  readonly gate: 'open' | 'backingOff' | 'throttled' | 'billingPaused';
  /** Calls that wait until others of this client are done. */
  readonly waiting: number;
  /** Calls that are being sent, or whose results are awaited. */
  readonly inFlight: number;
  /** The number that the next attempt gets; the first is 0 (wire protocol §4.5). */
  readonly nextSeqId: number;
  /** How many calls ended in which way. */
  readonly counters: SamplingCounters;
  /** Attempts that failed in passing and were followed by another one. */
  readonly resubmitted: number;
  /** The last failure of a call, cancellations aside; undefined until one fails. */
  readonly lastError: TinkerErrorSummary | undefined;
}

/** Reads the actors' present state. */
export function samplingSnapshot(actor: SamplingActor, gate: SamplingGateActor, nextSeqId: number): SamplingSnapshot {
  const { value, context } = actor.getSnapshot();
  const { samplingSessionId, waiting, inFlight, counters, resubmitted, lastError } = context;
  return { samplingSessionId, state: value, gate: gate.getSnapshot().value, waiting, inFlight, nextSeqId, counters, resubmitted, lastError };
}
