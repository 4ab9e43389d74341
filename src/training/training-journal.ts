import * as E from 'fp-ts/lib/Either.js';
import type { JournalFile } from '../journal/journal-file.js';
import type { CheckpointRecord, JournalRecord } from '../journal/records.js';
import { isAccepted, type JournaledOperation } from '../journal/state.js';
import { listed } from '../machines/listed.js';
import type { OperationKind } from '../machines/training-context.js';
import type { TrainingActor } from '../machines/training-machine.js';
import { digestOf, inWords, isSame, isSecondPass, keptBody, mismatch, notSent, withoutEffect, type MatchesPart } from './earlier-calls.js';
import type { AttemptFailure, EncodedBody } from '../types/attempt.js';
import { TinkerError, toTinkerError } from '../types/errors.js';

/** A request that is about to leave. */
export interface Leaving {
  readonly seqId: number;
  readonly path: string;
  readonly requestType: string;
  readonly body: EncodedBody;
  readonly idempotencyKey: string;
}

/** It may leave, under this key; or it left before and has its receipt. */
type MayLeave = { readonly idempotencyKey: string } | { readonly receipt: string };

/** What an operation was sent as. */
interface Sent {
  /** The least of its numbers. */
  readonly seqId: number;
  readonly seqIds: readonly number[];
}

/**
 * The journal of one training client: writes down what leaves before it leaves, and what becomes of it, and
 * recognizes what its trainer offers again after it was killed. It does nothing until it is given a file.
 */
export class TrainingJournal {
  readonly #report: (error: TinkerError) => void;
  readonly #sent = new Map<string, Sent>();
  readonly #claimed = new Map<string, JournaledOperation>();
  /** Second passes of claimed operations whose first results are not there yet. */
  readonly #seconds = new Map<string, JournaledOperation>();
  #file: JournalFile | undefined;
  #replay: readonly JournaledOperation[] = [];
  #lost: string | undefined;
  #isFailing = false;
  #closing: Promise<void> | undefined;

  /** @param report told of records that could not be written, once until one can */
  constructor(report: (error: TinkerError) => void) {
    this.#report = report;
  }

  /** Where it is written; undefined where it is not. */
  get path(): string | undefined {
    return this.#file?.path;
  }

  /**
   * Begins to write.
   * @param replay operations that the server has, or may have, and that the trainer is to offer again, in order
   */
  begin(file: JournalFile, replay: readonly JournaledOperation[] = []): void {
    this.#file = file;
    this.#replay = replay;
  }

  /** Hears what becomes of the operations of a client. */
  follow(actor: TrainingActor): void {
    actor.on('operation.sending', ({ id, seqIds }) => this.#sending(id, seqIds));
    actor.on('operation.done', ({ id }) => this.#settled(id, 'done'));
    actor.on('operation.failed', ({ id, error }) => this.#failed(id, error));
    actor.on('operation.skipped', ({ id }) => this.#settled(id, 'skipped'));
    actor.on('operation.dropped', ({ id }) => this.#forget(id));
    actor.subscribe({ complete: () => void this.close() });
  }

  /**
   * Looks whether a call repeats one that was under way when its trainer was killed.
   * @returns the numbers that it has already; undefined where it is new; an error where the model cannot be gone on with
   */
  claim(id: string, kind: OperationKind, parts: number, matches: MatchesPart | undefined): E.Either<TinkerError, readonly number[] | undefined> {
    if (this.#lost !== undefined) return E.left(this.#lostError(this.#lost));
    const [next, ...others] = this.#replay;
    if (next === undefined) return E.right(undefined);
    if (next.kind === kind && next.seqIds.length === parts && isSame(next, matches)) {
      this.#claimed.set(id, next);
      const [second, ...later] = others;
      // It comes after the first results, and whatever is called until then comes after it.
      if (second !== undefined && isSecondPass(next, second)) this.#seconds.set(id, second);
      this.#replay = this.#seconds.has(id) ? later : others;
      return E.right(next.seqIds);
    }
    if (withoutEffect.has(kind) && this.#replay.every(isAccepted)) return E.right(undefined);
    return E.left(this.#lose(mismatch(id, kind, next)));
  }

  /** The same of an operation's second pass. */
  claimSecond(id: string, kind: OperationKind, parts: number, matches: MatchesPart | undefined): E.Either<TinkerError, readonly number[] | undefined> {
    const second = this.#seconds.get(id);
    if (second === undefined) return E.right(undefined);
    this.#seconds.delete(id);
    if (second.seqIds.length !== parts || !isSame(second, matches)) return E.left(this.#lose(mismatch(id, kind, second)));
    this.#claimed.set(id, second);
    return E.right(second.seqIds);
  }

  /** Sends a request once what leaves is on the disk; one that the server has already is not sent. */
  async send(leaving: Leaving, once: (idempotencyKey: string) => Promise<E.Either<AttemptFailure, string>>): Promise<E.Either<AttemptFailure, string>> {
    const may = await this.#leave(leaving);
    if (E.isLeft(may)) return may;
    if ('receipt' in may.right) return E.right(may.right.receipt);
    const sent = await once(may.right.idempotencyKey);
    if (E.isRight(sent)) this.#note({ type: 'accepted', seqId: leaving.seqId, requestId: sent.right });
    return sent;
  }

  async #leave({ seqId, path, requestType, body, idempotencyKey }: Leaving): Promise<E.Either<AttemptFailure, MayLeave>> {
    const file = this.#file;
    const owner = this.#ownerOf(seqId);
    if (file === undefined || owner === undefined) return E.right({ idempotencyKey });
    const { id, seqIds } = owner;
    const digest = digestOf(body);
    const known = file.state.operationOf(seqId)?.parts.get(seqId);
    if (known?.requestId !== undefined) return E.right({ receipt: known.requestId });
    if (known?.intent.digest === digest) return E.right({ idempotencyKey: known.intent.idempotencyKey });
    const kind = id.replace(/-\d+$/, '');
    try {
      const stepsBefore = file.state.operationOf(seqId)?.stepsBefore ?? file.state.stepsSent;
      await file.commit({ type: 'intent', id, kind, seqIds, seqId, path, stepsBefore, requestType, digest, idempotencyKey, ...keptBody(requestType, body) });
      this.#isFailing = false;
      return E.right({ idempotencyKey });
    } catch (thrown) {
      return E.left(notSent(toTinkerError(thrown, 'journal')));
    }
  }

  /** A checkpoint is there. */
  checkpointSaved(path: string, seqId: number, expiresAt: number | undefined): void {
    this.#noteCheckpoint(seqId, { path, optimizer: true, ...(expiresAt === undefined ? {} : { expiresAt }) });
  }

  /** A checkpoint was loaded: it is what the model holds. */
  checkpointLoaded(path: string, seqId: number, optimizer: boolean): void {
    this.#noteCheckpoint(seqId, { path, optimizer, isLoad: true });
  }

  /** Whether the next process would know all that has happened, once what is being written is on the disk. */
  isWritten(): Promise<boolean> {
    return this.#file?.isWritten() ?? Promise.resolve(true);
  }

  /** Nobody is to go on with it. */
  end(why: string): void {
    this.#note({ type: 'ended', why });
  }

  /** Writes what waits, and lets others take the journal. */
  close(): Promise<void> {
    this.#closing ??= this.#file?.close() ?? Promise.resolve();
    return this.#closing;
  }

  #sending(id: string, seqIds: readonly number[]): void {
    const first = this.#sent.get(id)?.seqId;
    const seqId = Math.min(...seqIds);
    // Numbers anew are those of a second pass: the first one is over.
    if (first !== undefined && first !== seqId) this.#note({ type: 'settled', seqId: first, outcome: 'done' });
    this.#sent.set(id, { seqId, seqIds });
  }

  #failed(id: string, error: TinkerError): void {
    const claimed = this.#claimed.get(id);
    const isTaken = this.#isTaken(id);
    if (error.kind === 'cancelled') {
      if (claimed !== undefined && !this.#sent.has(id)) this.#offerAgain(id, claimed);
      if (isTaken) this.#forget(id);
      return;
    }
    const isOpen = error.kind === 'promiseExpired' || error.kind === 'wedged';
    if (claimed !== undefined && isOpen) this.#lose(`what became of ${inWords(claimed)} cannot be found out: ${error.message}`);
    if (error.kind === 'wedged') return;
    if (error.kind === 'requestFailed') this.#settled(id, 'failed');
    else if (!isTaken) this.#settled(id, 'refused');
    else this.#forget(id);
  }

  #forget(id: string): void {
    this.#sent.delete(id);
    this.#claimed.delete(id);
    this.#seconds.delete(id);
  }

  #settled(id: string, outcome: 'done' | 'failed' | 'refused' | 'skipped'): void {
    const sent = listed(this.#sent.get(id));
    this.#forget(id);
    for (const { seqId } of sent) this.#note({ type: 'settled', seqId, outcome });
  }

  /** Whether the server has any part of it. */
  #isTaken(id: string): boolean {
    return listed(this.#sent.get(id))
      .flatMap(({ seqId }) => listed(this.#file?.state.operationOf(seqId)))
      .some(({ parts }) => [...parts.values()].some(({ requestId }) => requestId !== undefined));
  }

  #offerAgain(id: string, claimed: JournaledOperation): void {
    const seconds = listed(this.#seconds.get(id));
    this.#forget(id);
    this.#replay = [...this.#replay, claimed, ...seconds].sort((a, b) => a.seqId - b.seqId);
  }

  #ownerOf(seqId: number): (Sent & { readonly id: string }) | undefined {
    for (const [id, sent] of this.#sent) {
      if (sent.seqIds.includes(seqId)) return { id, ...sent };
    }
    return undefined;
  }

  #noteCheckpoint(seqId: number, saved: Pick<CheckpointRecord, 'path' | 'optimizer' | 'isLoad' | 'expiresAt'>): void {
    const step = this.#file?.state.operationOf(seqId)?.stepsBefore;
    if (step !== undefined) this.#note({ type: 'checkpoint', step, seqId, ...saved });
  }

  #note(record: JournalRecord): void {
    this.#file?.note(record).then(
      () => {
        this.#isFailing = false;
      },
      (thrown: unknown) => {
        if (this.#isFailing) return;
        this.#isFailing = true;
        this.#report(toTinkerError(thrown, 'journal'));
      },
    );
  }

  #lose(why: string): TinkerError {
    this.#lost = why;
    this.#note({ type: 'lost', why });
    return this.#lostError(why);
  }

  #lostError(why: string): TinkerError {
    const last = this.#file?.state.checkpoints.at(-1);
    const next =
      last === undefined
        ? 'No checkpoint was saved, so there is nothing to go back to: start anew.'
        : `Close this client and call resumeTrainingClient again: it restores ${last.path} (optimizer step ${last.step}).`;
    return new TinkerError('journal', `${why}. This model cannot be gone on with. ${next}`);
  }
}
