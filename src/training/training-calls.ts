import * as E from 'fp-ts/lib/Either.js';
import type { OperationEntry, OperationKind, SecondPass } from '../machines/training-context.js';
import type { TrainingActor } from '../machines/training-machine.js';
import type { TrainingBeginning, TrainingEvent } from '../machines/training-messages.js';
import type { Work } from '../machines/work.js';
import type { Dispatch } from '../calls/open-operation.js';
import type { OpenOperations } from '../calls/open-operations.js';
import type { Operation } from '../operation.js';
import type { PassSender } from './pass-work.js';
import type { Runtime } from '../service/runtime.js';
import type { TrainingJournal } from './training-journal.js';
import { trainingOperations } from './training-operations.js';
import type { TrainingWork } from './training-work.js';
import { isRecord } from '../types/check.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import type { ClientConfig } from '../types/service.js';
import { checkWait, type WaitOptions } from '../calls/wait.js';

/** A call before it is made. */
export interface TrainingOrder<P, A> {
  readonly kind: OperationKind;
  /** What was called, where that is something else. */
  readonly call?: string;
  readonly options: WaitOptions;
  /**
   * Makes its requests.
   * @throws TinkerError `validation`
   */
  readonly prepare: () => TrainingWork<P>;
  readonly finish: (result: P, dispatch: Dispatch) => E.Either<TinkerError, A>;
  /** Whether a load restores the optimizer's state too. */
  readonly optimizer?: boolean;
}

/** What a client that keeps a journal has more. */
export interface Journaled {
  readonly journal?: TrainingJournal | undefined;
  /** Where it goes on after its trainer was killed. */
  readonly begin?: TrainingBeginning | undefined;
}

const saves: ReadonlySet<OperationKind> = new Set(['saveState', 'saveWeightsForSampler', 'saveWeightsAndGetSamplingClient']);

/** The calls of one training client: each is checked, and has its place in the queue, before it returns. */
export class TrainingCalls {
  readonly actor: TrainingActor;
  readonly sender: PassSender;
  /** Absent where none is kept. */
  readonly journal: TrainingJournal | undefined;
  /** Each is told the id of every optimizer step as soon as it has its place, so that what they call comes right after it. */
  readonly stepListeners = new Set<(id: string) => void>();
  readonly #runtime: Runtime;
  readonly #modelId: string;
  readonly #operations: OpenOperations;

  constructor(runtime: Runtime, modelId: string, settings: ClientConfig, { journal, begin }: Journaled = {}) {
    this.actor = runtime.spawnTraining(modelId, begin);
    this.journal = journal;
    this.#runtime = runtime;
    this.#modelId = modelId;
    const { environment, onError } = runtime.config;
    const watch = runtime.inspected?.watchOf('training', modelId);
    this.#operations = trainingOperations({ environment, onError, watch, work: runtime.work, keepAlive: runtime.keepAlive }, this.actor);
    this.sender = {
      http: runtime.http,
      modelId,
      limits: settings,
      encoder: runtime.passEncoder,
      dispatchBudget: runtime.dispatchBudget,
      newIdempotencyKey: () => runtime.newIdempotencyKey(),
      journal,
    };
    journal?.follow(this.actor);
  }

  /** Milliseconds since an operation was called; 0 for one that is not open. */
  ageOf(id: string): number {
    return this.#operations.ageOf(id);
  }

  /** Checks a call and puts it into the queue; its operation rejects at once when it is refused. */
  operate<P, A>(order: TrainingOrder<P, A>): Operation<A> {
    const prepared = this.prepare(order);
    return E.isLeft(prepared) ? this.refuse(order.kind, prepared.left) : this.enqueue(order, prepared.right);
  }

  /** Checks a call. */
  prepare<P, A>({ kind, call = kind, options, prepare }: TrainingOrder<P, A>): E.Either<TinkerError, TrainingWork<P>> {
    return E.tryCatch(
      () => {
        this.#assertOpen();
        checkWait(options, call);
        return prepare();
      },
      (thrown) => toTinkerError(thrown, 'validation'),
    );
  }

  /** Puts a call that was checked into the queue. */
  enqueue<P, A>({ kind, options, finish, optimizer = false }: TrainingOrder<P, A>, prepared: TrainingWork<P>): Operation<A> {
    const id = this.#runtime.counters.nextId(kind);
    const { bytes, parts, result } = prepared;
    const { journal } = this;
    const claimed = journal?.claim(id, kind, parts, prepared.matches) ?? E.right(undefined);
    if (E.isLeft(claimed)) return this.#operations.refused(id, kind, claimed.left);
    const work = journal === undefined ? prepared.work : journaledWork(prepared, (size) => journal.claimSecond(id, kind, size.parts, prepared.matches));
    this.#runtime.work.add(id, work);
    const finished = (value: P, dispatch: Dispatch) => {
      this.#measure(id, kind, dispatch, value);
      return finish(value, dispatch);
    };
    const operation = this.#operations.open(id, kind, options, (dispatch) => E.chain((value: P) => finished(value, dispatch))(result()), { bytes, parts });
    const secondPass = work.secondPass !== undefined;
    const entry = { id, kind, bytes, parts, together: this.sender.limits.parallelFwdbwdChunks, secondPass, seqIds: claimed.right };
    this.actor.send(requestOf(entry, optimizer));
    if (kind === 'optimStep') for (const told of this.stepListeners) told(id);
    return operation;
  }

  /** An operation of a call that was not made. */
  refuse<A>(kind: OperationKind, error: TinkerError): Operation<A> {
    return this.#operations.refused(this.#runtime.counters.nextId(kind), kind, error);
  }

  /** Shows those who inspect what the server, or the caller's loss, has measured. */
  #measure(id: string, kind: OperationKind, { optimStepsBefore }: Dispatch, value: unknown): void {
    const { inspected } = this.#runtime;
    if (inspected === undefined || !isRecord(value) || !isRecord(value['metrics'])) return;
    inspected.measured(id, kind, this.#modelId, optimStepsBefore, value['metrics']);
  }

  #assertOpen(): void {
    this.#runtime.assertOpen();
    if (this.actor.getSnapshot().status !== 'active') {
      throw new TinkerError('cancelled', `The training client of ${this.#modelId} is closed. Restore it from a checkpoint.`);
    }
  }
}

/** The same work, whose second pass may be one that was sent before. */
function journaledWork<P>({ work }: TrainingWork<P>, claim: (size: SecondPass) => E.Either<TinkerError, readonly number[] | undefined>): Work {
  const { secondPass } = work;
  if (secondPass === undefined) return work;
  const claimedPass = async () =>
    E.chain((size: SecondPass) => E.map((seqIds: readonly number[] | undefined) => ({ ...size, seqIds }))(claim(size)))(await secondPass());
  return {
    get requestType() {
      return work.requestType;
    },
    waits: (part) => work.waits?.(part),
    send: (context) => work.send(context),
    receive: (part, body) => work.receive(part, body),
    releaseBodies: () => work.releaseBodies?.(),
    secondPass: claimedPass,
  };
}

type Requested = Extract<TrainingEvent, { readonly entry: unknown }>;

function requestOf(entry: OperationEntry, optimizer: boolean): Requested {
  if (entry.kind === 'loadState') return { type: 'load.requested', entry, optimizer };
  return { type: saves.has(entry.kind) ? 'save.requested' : 'operation.requested', entry };
}
