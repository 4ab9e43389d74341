import * as E from 'fp-ts/lib/Either.js';
import { createActor, type Actor } from 'xstate';
import { createHttp, type Http } from './api/http.js';
import type { Route } from './api/route.js';
import type { ServiceConfig } from './config.js';
import { ByteBudget } from './machines/byte-budget.js';
import { KeepAlive } from './machines/environment.js';
import { provideMachines, type RestoreSteps } from './machines/provide.js';
import type { serviceMachine } from './machines/service-machine.js';
import type { TrainingActor } from './machines/training-machine.js';
import { WorkTable } from './machines/work.js';
import { futurePolicyOf, requestPolicyOf } from './policies.js';
import { callWork, SessionRequests } from './session-requests.js';
import type { LoneOperation } from './lone-operation.js';
import { TinkerError } from './types/errors.js';
import { callWithin, type WaitOptions } from './wait.js';
import type { SubmitResponse } from './types/futures.js';
import { defaultClientConfig, type ClientConfig } from './types/service.js';

/** An open session: its id, and the server's settings. */
export interface OpenSession {
  readonly sessionId: string;
  readonly config: ClientConfig;
}

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
  readonly #restores = new Map<string, RestoreSteps>();
  /** Whoever waits for something to end, by its key. */
  readonly #waiting = new Map<string, (error: TinkerError) => void>();
  readonly #restored = new Map<string, () => void>();
  readonly #sessionWaiters: { resolve: (session: OpenSession) => void; reject: (error: TinkerError) => void }[] = [];
  #resultBudget = new ByteBudget(defaultClientConfig.inflightResponseBytes);
  #session: OpenSession | undefined;
  readonly #sessionRequests: SessionRequests;
  #lost: TinkerError | undefined;
  #closed = false;
  #count = 0;
  #modelSeqId = 0;

  constructor(config: ServiceConfig) {
    this.config = config;
    this.http = createHttp(config);
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
    this.actor.start();
  }

  /** The server's settings; the defaults before the session is open. */
  get serverConfig(): ClientConfig {
    return this.#sessionRequests.serverConfig;
  }

  /** A name for a request or an operation that no other of this service has. */
  nextId(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }

  /** The number of the next model of this session; never handed out twice, whatever becomes of it. */
  nextModelSeqId(): number {
    const taken = this.#modelSeqId;
    this.#modelSeqId += 1;
    return taken;
  }

  /** Opens the session, or gives the one that is open. */
  async session(): Promise<OpenSession> {
    this.assertOpen();
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#session !== undefined) return this.#session;
    return this.#held(
      () =>
        new Promise<OpenSession>((resolve, reject) => {
          this.#sessionWaiters.push({ resolve, reject });
          if (this.#sessionWaiters.length === 1) this.actor.send({ type: 'session.wanted' });
        }),
    );
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
    return this.#settled<O>(kind, (key, resolve) => {
      this.work.add(key, callWork(this.http, this.newIdempotencyKey(), route, () => input, resolve));
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
    const error = closedError();
    for (const reject of this.#waiting.values()) reject(error);
    for (const { reject } of this.#sessionWaiters.splice(0)) reject(error);
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
      return await this.#held(
        () =>
          new Promise<A>((resolve, reject) => {
            this.#waiting.set(key, reject);
            start(key, resolve);
          }),
      );
    } finally {
      this.#waiting.delete(key);
      this.#restores.delete(key);
      this.#restored.delete(key);
      this.work.remove(key);
    }
  }

  async #held<A>(run: () => Promise<A>): Promise<A> {
    const release = this.keepAlive.hold();
    try {
      return await run();
    } finally {
      release();
    }
  }

  #listen(): void {
    // What ends well has brought its value along with the answer, a restore apart.
    this.actor.on('request.settled', ({ key, output }) => {
      if (output.status !== 'answered') this.#waiting.get(key)?.(output.error);
    });
    this.actor.on('loneOperation.settled', ({ key, error }) => {
      if (error !== undefined) this.#waiting.get(key)?.(error);
    });
    this.actor.on('restore.settled', ({ key, error }) => {
      if (error === undefined) this.#restored.get(key)?.();
      else this.#waiting.get(key)?.(error);
    });
    this.actor.on('session.opened', () => this.#opened());
    this.actor.on('session.failed', ({ error }) => {
      for (const { reject } of this.#sessionWaiters.splice(0)) reject(error);
    });
    this.actor.on('session.lost', ({ error }) => {
      this.#lost = error;
      this.config.onError(error);
    });
  }

  #opened(): void {
    const session = { sessionId: this.#sessionRequests.sessionId, config: this.serverConfig };
    this.#session = session;
    this.#resultBudget = new ByteBudget(session.config.inflightResponseBytes);
    this.actor.send({
      type: 'settings.changed',
      requestPolicy: requestPolicyOf(this.config, session.config),
      futurePolicy: futurePolicyOf(this.config, session.config),
    });
    for (const { resolve } of this.#sessionWaiters.splice(0)) resolve(session);
  }
}

function closedError(): TinkerError {
  return new TinkerError('cancelled', 'The ServiceClient is closed. Open a new one.');
}
