import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Actor } from 'xstate';
import type { OperationWatch } from '../calls/operation-watch.js';
import type { UnderWay } from '../calls/wait.js';
import type { Attempt, Http } from '../api/http.js';
import { kindOf, type Counters } from './counters.js';
import type { FollowedOperation, LoneOperation } from './lone-operation.js';
import type { RestoreSteps } from '../machines/ports.js';
import type { RequestLimits } from '../machines/request-messages.js';
import { sessionKeys } from '../machines/session-machine.js';
import type { serviceMachine } from '../machines/service-machine.js';
import type { Work, WorkTable } from '../machines/work.js';
import type { QueueStateReport, QueueStates } from './queue-states.js';
import { sessionWait } from './session-keeper.js';
import { callWork } from './session-requests.js';
import type { AttemptFailure } from '../types/attempt.js';
import { toTinkerError } from '../types/errors.js';
import type { SubmitResponse } from '../types/futures.js';
import type { Waiting } from './waiting.js';

/** What the requests of a service need of it. */
export interface RequestsHost {
  readonly counters: Counters;
  readonly work: WorkTable;
  readonly waiting: Waiting;
  readonly queueStates: QueueStates;
  readonly newIdempotencyKey: () => string;
  readonly assertOpen: () => void;
  /** Absent where nobody inspects. */
  readonly watch: OperationWatch | undefined;
}

const longPatienceMs = 86_400_000;

/** What is asked of the server outside of any queue: each an actor of the service, which is waited for. */
export class Requests {
  readonly restores = new Map<string, RestoreSteps>();
  readonly #host: RequestsHost;
  readonly #restored = new Map<string, () => void>();
  #actor: Actor<typeof serviceMachine> | undefined;

  constructor(host: RequestsHost) {
    this.#host = host;
  }

  /** Gives the actors their root, and hears from it how they end. */
  begin(actor: Actor<typeof serviceMachine>): void {
    const { waiting } = this.#host;
    this.#actor = actor;
    // What ends well has brought its value along with the answer, a restore apart.
    actor.on('request.settled', ({ key, output }) => {
      if (output.status !== 'answered') waiting.fail(key, output.error);
    });
    actor.on('loneOperation.settled', ({ key, error }) => {
      if (error !== undefined) waiting.fail(key, error);
    });
    actor.on('restore.settled', ({ key, error }) => {
      if (error === undefined) this.#restored.get(key)?.();
      else waiting.fail(key, error);
    });
    actor.on('request.paused', (said) => this.#paused(said));
    actor.on('loneOperation.queueState', (said) => this.#paused(said));
  }

  /** Sends a request until it is answered definitely. */
  readonly perform = <A>(kind: string, send: (attempt: Attempt) => TaskEither<AttemptFailure, A>, limits: RequestLimits = {}): Promise<A> => {
    const idempotencyKey = this.#host.newIdempotencyKey();
    return this.#watched<A>(kind, (key, resolve) => {
      this.#host.work.add(key, callWork(idempotencyKey, send, resolve));
      this.#actor?.send({ type: 'request.made', key, kind, limits });
    });
  };

  /** Submits an operation and waits for its result. */
  operate<I, A>(http: Http, { route, input, ...operation }: LoneOperation<I, A>): Promise<A> {
    const idempotencyKey = this.#host.newIdempotencyKey();
    const send: Work['send'] = async ({ retryCount, signal, headers }) =>
      E.map((accepted: SubmitResponse) => accepted.requestId)(await http.call(route, input, { retryCount, signal, headers, idempotencyKey })());
    return this.follow({ ...operation, send });
  }

  /** The same for one that is sent in a way of its own. */
  follow<A>({ kind, requestType, send, decode, patienceMs = longPatienceMs }: FollowedOperation<A>): Promise<A> {
    return this.#watched<A>(kind, (key, resolve) => {
      this.#host.work.add(key, { requestType, send, receive: (_, body) => E.map(resolve)(decode(body)) });
      this.#actor?.send({ type: 'loneOperation.made', key, kind, patienceMs });
    });
  }

  /** Runs the steps of a restore; rejects with the error that names the step. */
  async restore(steps: RestoreSteps, byLoading: boolean): Promise<void> {
    await this.settled<undefined>('restore', (key, resolve) => {
      this.restores.set(key, steps);
      this.#restored.set(key, () => resolve(undefined));
      this.#actor?.send({ type: 'restore.made', key, byLoading });
    });
  }

  /** Starts something under a new key and waits until it is given its value, or its actor fails. */
  async settled<A>(kind: string, start: (key: string, resolve: (value: A) => void) => void): Promise<A> {
    const { assertOpen, counters, queueStates, waiting, work } = this.#host;
    assertOpen();
    const key = counters.nextId(kind);
    try {
      return await waiting.settled<A>(key, (resolve) => start(key, resolve));
    } finally {
      this.restores.delete(key);
      this.#restored.delete(key);
      work.remove(key);
      queueStates.forget(key);
    }
  }

  /** The same for a single request, which inspection shows. */
  async #watched<A>(kind: string, start: (key: string, resolve: (value: A) => void) => void): Promise<A> {
    const { watch } = this.#host;
    if (watch === undefined) return this.settled(kind, start);
    let id = '';
    try {
      const value = await this.settled<A>(kind, (key, resolve) => {
        id = key;
        watch.called(key, kind, undefined);
        start(key, resolve);
      });
      watch.done(id, 0);
      return value;
    } catch (thrown) {
      watch.failed(id, toTinkerError(thrown));
      throw thrown;
    }
  }

  /** What is waited for, the opening of the session included. */
  underWay(): readonly UnderWay[] {
    const { waiting, work } = this.#host;
    const keys = waiting.keys.map((key) => (key === sessionWait ? sessionKeys.create : key));
    return keys.map((key) => ({ name: key, facts: work.factsOf(key) })).filter(({ facts }) => facts.attempts !== undefined);
  }

  #paused({ key, queueState, reason }: Pick<QueueStateReport, 'queueState' | 'reason'> & { readonly key: string }): void {
    this.#host.watch?.queueState(key, queueState?.startsWith('paused') === true ? 'paused' : 'polling', queueState, reason);
    this.#host.queueStates.tell({ operationId: key, kind: kindOf(key), queueState, reason });
  }
}
