import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { createActor, type Actor } from 'xstate';
import { fixedCredential } from './api/credential-source.js';
import { createHttp, type Attempt, type Http } from './api/http.js';
import type { Route } from './api/route.js';
import type { ServiceConfig } from './config.js';
import { Counters } from './counters.js';
import { ByteBudget } from './machines/byte-budget.js';
import { KeepAlive } from './machines/environment.js';
import { provideMachines, type RestoreSteps } from './machines/provide.js';
import type { serviceMachine } from './machines/service-machine.js';
import type { TrainingActor } from './machines/training-machine.js';
import { WorkTable } from './machines/work.js';
import { futurePolicyOf, requestPolicyOf } from './policies.js';
import { SessionKeeper, type OpenSession } from './session-keeper.js';
import { callWork, SessionRequests } from './session-requests.js';
import type { LoneOperation } from './lone-operation.js';
import type { AttemptFailure } from './types/attempt.js';
import { TinkerError } from './types/errors.js';
import { callWithin, type WaitOptions } from './wait.js';
import { Waiting } from './waiting.js';
import type { SubmitResponse } from './types/futures.js';
import { defaultClientConfig, type ClientConfig } from './types/service.js';

const heartbeatMs = 10_000;
const atRiskMs = 120_000;
const longPatienceMs = 86_400_000;

/**
 * What all clients of one service share: the transport, the actors, and the tables beside the actors
 * that hold what is too big for their events.
 */
export class Runtime {
  readonly config: ServiceConfig;
  readonly actor: Actor<typeof serviceMachine>;
  readonly http: Http;
  readonly work = new WorkTable();
  readonly keepAlive = new KeepAlive();
  readonly #counters = new Counters();
  readonly #waiting = new Waiting(this.keepAlive);
  readonly #restores = new Map<string, RestoreSteps>();
  readonly #restored = new Map<string, () => void>();
  #resultBudget = new ByteBudget(defaultClientConfig.inflightResponseBytes);
  readonly #sessionRequests: SessionRequests;
  readonly #sessionKeeper: SessionKeeper;
  #closed = false;

  constructor(config: ServiceConfig) {
    this.config = config;
    this.http = createHttp({ ...config, credentials: fixedCredential(config.apiKey) });
    const machine = provideMachines({
      http: this.http,
      environment: config.environment,
      work: this.work,
      restores: this.#restores,
      resultBudget: () => this.#resultBudget,
    });
    this.actor = createActor(machine, {
      id: 'service',
      input: { requestPolicy: requestPolicyOf(config, defaultClientConfig), futurePolicy: futurePolicyOf(config, defaultClientConfig), heartbeatMs, atRiskMs },
      clock: config.environment.clock,
      ...(config.inspect === undefined ? {} : { inspect: config.inspect }),
    });
    this.#listen();
    this.#sessionRequests = new SessionRequests(config, this.http, () => this.newIdempotencyKey());
    this.#sessionRequests.addTo(this.work);
    this.#sessionKeeper = new SessionKeeper({
      actor: this.actor,
      waiting: this.#waiting,
      requests: this.#sessionRequests,
      onOpened: (session) => this.#useSettings(session.config),
      onLost: config.onError,
    });
    this.actor.start();
  }

  /** The server's settings; the defaults before the session is open. */
  get serverConfig(): ClientConfig {
    return this.#sessionRequests.serverConfig;
  }

  /** A name for a request or an operation that no other of this service has. */
  nextId(kind: string): string {
    return this.#counters.nextId(kind);
  }

  /** The number of the next model of this session. */
  nextModelSeqId(): number {
    return this.#counters.nextModelSeqId();
  }

  /** The number of the next sampling session, or of the next save that opens one. */
  nextSamplingSessionSeqId(): number {
    return this.#counters.nextSamplingSessionSeqId();
  }

  /** Opens the session, or gives the one that is open. */
  async session(): Promise<OpenSession> {
    this.assertOpen();
    return this.#sessionKeeper.session();
  }

  /** Sends a plain request of the caller's own within the caller's limits; see `request`. */
  ask<I, O>(call: string, options: WaitOptions, route: Route<I, O>, input: I): Promise<O> {
    return this.within(call, options, () => this.request(call, route, input));
  }

  /** Waits for what a call starts within its limits. */
  within<A>(call: string, options: WaitOptions, start: () => Promise<A>, late?: (value: A) => void): Promise<A> {
    return callWithin(call, options, this.config.environment.clock, start, late);
  }

  /** Sends a request until it is answered definitely, and gives its decoded answer. */
  request<I, O>(kind: string, route: Route<I, O>, input: I): Promise<O> {
    return this.perform(kind, (attempt) => this.http.call(route, input, attempt));
  }

  /** The same for a request whose answers are read in a way of their own. */
  perform<A>(kind: string, send: (attempt: Attempt) => TaskEither<AttemptFailure, A>): Promise<A> {
    const idempotencyKey = this.newIdempotencyKey();
    return this.#settled<A>(kind, (key, resolve) => {
      this.work.add(key, callWork(idempotencyKey, send, resolve));
      this.actor.send({ type: 'request.made', key, kind });
    });
  }

  /** Submits an operation outside of any queue and waits for its result. */
  operate<I, A>({ kind, requestType, route, input, decode, patienceMs = longPatienceMs }: LoneOperation<I, A>): Promise<A> {
    const idempotencyKey = this.newIdempotencyKey();
    return this.#settled<A>(kind, (key, resolve) => {
      this.work.add(key, {
        requestType,
        send: async ({ retryCount, signal }) =>
          E.map((accepted: SubmitResponse) => accepted.requestId)(
            await this.http.call(route, input, { retryCount, signal, idempotencyKey })(),
          ),
        receive: (_, body) => E.map(resolve)(decode(body)),
      });
      this.actor.send({ type: 'loneOperation.made', key, kind, patienceMs });
    });
  }

  /** Runs the steps of a restore; rejects with the error that names the step. */
  async restore(steps: RestoreSteps, byLoading: boolean): Promise<void> {
    await this.#settled<undefined>('restore', (key, resolve) => {
      this.#restores.set(key, steps);
      this.#restored.set(key, () => resolve(undefined));
      this.actor.send({ type: 'restore.made', key, byLoading });
    });
  }

  /** Starts the actor of a training client. */
  spawnTraining(modelId: string): TrainingActor {
    const actorId = this.nextId('training');
    this.actor.send({ type: 'training.made', actorId, modelId });
    const actor = this.actor.getSnapshot().context.trainings[actorId];
    if (actor === undefined) throw closedError();
    return actor;
  }

  /** Stops all actors; whoever still waits is told that the service is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Told one by one, so that each rejects what is open before the root stops it.
    for (const training of Object.values(this.actor.getSnapshot().context.trainings)) training.send({ type: 'client.stopped' });
    this.actor.send({ type: 'service.closed' });
    this.#waiting.failAll(closedError());
  }

  assertOpen(): void {
    if (this.#closed) throw closedError();
  }

  newIdempotencyKey(): string {
    return `tinkerjs-${this.config.environment.uuid()}`;
  }

  /** Starts something under a new key and waits until it is given its value, or its actor fails. */
  async #settled<A>(kind: string, start: (key: string, resolve: (value: A) => void) => void): Promise<A> {
    this.assertOpen();
    const key = this.nextId(kind);
    try {
      return await this.#waiting.settled<A>(key, (resolve) => start(key, resolve));
    } finally {
      this.#restores.delete(key);
      this.#restored.delete(key);
      this.work.remove(key);
    }
  }

  #listen(): void {
    // What ends well has brought its value along with the answer, a restore apart.
    this.actor.on('request.settled', ({ key, output }) => {
      if (output.status !== 'answered') this.#waiting.fail(key, output.error);
    });
    this.actor.on('loneOperation.settled', ({ key, error }) => {
      if (error !== undefined) this.#waiting.fail(key, error);
    });
    this.actor.on('restore.settled', ({ key, error }) => {
      if (error === undefined) this.#restored.get(key)?.();
      else this.#waiting.fail(key, error);
    });
  }

  #useSettings(server: ClientConfig): void {
    this.#resultBudget = new ByteBudget(server.inflightResponseBytes);
    this.actor.send({
      type: 'settings.changed',
      requestPolicy: requestPolicyOf(this.config, server),
      futurePolicy: futurePolicyOf(this.config, server),
    });
  }
}

function closedError(): TinkerError {
  return new TinkerError('cancelled', 'The ServiceClient is closed. Open a new one.');
}
