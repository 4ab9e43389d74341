import * as E from 'fp-ts/lib/Either.js';
import { mayWantJson, moreTelling, type EncodingOption } from './encoding-choice.js';
import type { AttemptFailure } from '../types/attempt.js';
import { toTinkerError } from '../types/errors.js';
import type { Wait } from '../machines/work.js';
import type { PassEncoding } from '../wire/pass-dialects.js';
import type { StopSignal } from '../types/stop.js';

/** What came of one attempt to send a request: its receipt, or why there is none. */
export type Sent = E.Either<AttemptFailure, string>;

/** One request of a pass, which can be sent in either encoding. */
export interface EncodablePart {
  /** Sends it once; the same encoding is the same bytes each time. */
  readonly send: (encoding: PassEncoding) => Promise<Sent>;
  /**
   * Checks the whole pass that it belongs to.
   * @throws TinkerError `validation` naming what JSON cannot carry
   */
  readonly checkJson: () => void;
  /** What is remembered of it from attempt to attempt. */
  readonly memory: PartMemory;
}

export interface PartMemory {
  /** In which encoding the server may have taken the request: it is sent in no other then. */
  bound?: PassEncoding | undefined;
}

/**
 * The encoding of the passes of one service, found out once (wire protocol §9.9). While it is open, one
 * request at a time goes out as a probe, in protobuf; where the answer looks like that of a server that
 * reads JSON only, the same request is tried once in JSON. What is accepted first decides for all.
 */
export class PassEncoder {
  #decided: PassEncoding | undefined;
  #probe: Promise<unknown> | undefined;
  #takesSparse = true;
  #hasWarned = false;

  /** @param isOfficial whether this is the Tinker cloud, which takes nothing but protobuf */
  constructor(option: EncodingOption, isOfficial: boolean) {
    if (option !== 'auto') this.#decided = option;
    else if (isOfficial) this.#decided = 'protobuf';
  }

  /** Undefined while it is open. */
  get decided(): PassEncoding | undefined {
    return this.#decided;
  }

  /** Whether sparse tensors may go out as they are; so it is until the server refuses one. */
  get takesSparse(): boolean {
    return this.#takesSparse;
  }

  /** The server has refused a sparse tensor. */
  refuseSparse(): void {
    this.#takesSparse = false;
  }

  /** Says once that a matrix goes out in JSON, of which some servers read the numbers only. */
  warnOfMatrix(at: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    console.warn(
      `tinkerjs: ${at} is a matrix, and passes go to this server in JSON. Servers that read JSON only may take its numbers ` +
        'for a single row without saying so: check that this one reads shapes.',
    );
  }

  /** Somebody else's probe, which a request has to wait for; undefined when it can go now. */
  waits({ bound }: PartMemory): Wait | undefined {
    const probe = this.#probe;
    if (bound !== undefined || this.#decided !== undefined || probe === undefined) return undefined;
    return () => probe.then(nothing, nothing);
  }

  /**
   * Sends a request once, when it is known in what.
   * @param signal ends the wait for others' probes; the promise then rejects with its reason
   */
  async send(part: EncodablePart, signal: StopSignal): Promise<Sent> {
    for (;;) {
      const { bound } = part.memory;
      const encoding = bound ?? this.#decided;
      if (encoding !== undefined) {
        const sent = await this.#sendIn(part, encoding);
        if (bound !== 'protobuf' || this.#decided === 'protobuf' || !takesNoProtobuf(sent)) return sent;
        // Nor has it taken what was sent before, of which no answer came back.
        part.memory.bound = undefined;
        continue;
      }
      if (this.#probe === undefined) break;
      await this.#probe.catch(() => undefined);
      signal.throwIfAborted();
    }
    const probe = this.#tryBoth(part);
    this.#probe = probe;
    try {
      return await probe;
    } finally {
      this.#probe = undefined;
    }
  }

  async #tryBoth(part: EncodablePart): Promise<Sent> {
    const first = await this.#sendIn(part, 'protobuf');
    if (E.isRight(first) || !mayWantJson(first.left)) return first;
    try {
      part.checkJson();
    } catch (thrown) {
      return E.left(cannotBeJson(thrown, first.left));
    }
    // Whoever could not read it has not taken it.
    part.memory.bound = undefined;
    const second = await this.#sendIn(part, 'json');
    if (E.isRight(second)) return second;
    if (second.left.error.status === 409 && first.left.mayBeTaken) {
      // Its number is used: the server has taken it in protobuf, whatever it answered.
      part.memory.bound = 'protobuf';
      return E.left({ ...second.left, mayBeTaken: true });
    }
    if (moreTelling(first.left, second.left) === second.left) return second;
    if (first.left.mayBeTaken) part.memory.bound = 'protobuf';
    // What is reported says more of why; that the other may have been taken counts all the same.
    return second.left.mayBeTaken ? E.left({ ...first.left, mayBeTaken: true }) : first;
  }

  async #sendIn(part: EncodablePart, encoding: PassEncoding): Promise<Sent> {
    const wasBound = part.memory.bound !== undefined;
    // Bound before it leaves: an attempt that is given up on the way may have been taken.
    part.memory.bound = encoding;
    const sent = await part.send(encoding);
    if (E.isRight(sent)) this.#decided ??= encoding;
    else if (!wasBound && !sent.left.mayBeTaken) part.memory.bound = undefined;
    return sent;
  }
}

const nothing = (): void => undefined;

/** Whether the server says that it reads nothing of this kind: others may fail for reasons of the moment. */
function takesNoProtobuf(sent: Sent): boolean {
  return E.isLeft(sent) && sent.left.error.status === 415;
}

/** The server seems to read JSON only, and JSON cannot carry the pass. */
function cannotBeJson(thrown: unknown, answer: AttemptFailure): AttemptFailure {
  const { status } = answer.error;
  const error = toTinkerError(thrown, 'validation');
  return {
    ...answer,
    error: error.with({ cause: answer.error, status }, `${error.message}; in protobuf the server refused it: ${answer.error.message}`),
    verdict: 'definite',
    mayBeTaken: false,
  };
}
