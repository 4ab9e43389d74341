import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { createActor, type Actor } from 'xstate';
import { Account } from '../credentials/account.js';
import type { Attempt, Http } from '../api/http.js';
import type { Route } from '../api/route.js';
import { Secrets } from '../api/secrets.js';
import { Budgets } from './budgets.js';
import { ClientActors, closedError } from './client-actors.js';
import { cloudUrl, type ServiceConfig } from '../config.js';
import { Counters } from './counters.js';
import type { CredentialOptions, Identity } from '../credentials/credentials.js';
import type { ByteBudget } from '../machines/byte-budget.js';
import { hearActors } from '../inspection/hear-actors.js';
import { inspectedService, type InspectedService } from './inspected-service.js';
import { inspectedBy } from './inspect-option.js';
import { Journals } from './journals.js';
import { KeepAlive } from '../machines/environment.js';
import { listed } from '../machines/listed.js';
import type { Ports, RestoreSteps } from '../machines/ports.js';
import { provideMachines } from '../machines/provide.js';
import type { SamplingActor, SamplingInput } from '../machines/sampling-machine.js';
import type { serviceMachine } from '../machines/service-machine.js';
import type { TrainingActor } from '../machines/training-machine.js';
import type { TrainingBeginning } from '../machines/training-messages.js';
import { WorkTable } from '../machines/work.js';
import { Notices } from './notices.js';
import { PassEncoder } from '../training/pass-encoder.js';
import { policiesOf } from './policies.js';
import { QueueStates } from './queue-states.js';
import { Requests } from './requests.js';
import type { SamplingGate } from '../sampling/sampling-gate.js';
import { SessionKeeper, type OpenSession } from './session-keeper.js';
import { serviceSnapshot, type ServiceSnapshot } from './service-snapshot.js';
import { watchedHttp } from './session-watch.js';
import { SessionRequests } from './session-requests.js';
import type { FollowedOperation, LoneOperation } from './lone-operation.js';
import type { AttemptFailure } from '../types/attempt.js';
import { noTelemetry, Telemetry, type TelemetryState } from '../telemetry/telemetry.js';
import { toTinkerError } from '../types/errors.js';
import { callWithin, type UnderWay, type WaitOptions } from '../calls/wait.js';
import { Waiting } from './waiting.js';
import { defaultClientConfig, type ClientConfig } from '../types/service.js';

const heartbeatMs = 10_000;
const atRiskMs = 120_000;
// Self-hosted servers end a session of which they have not heard for that long.
const lostMs = 300_000;

/**
 * What all clients of one service share: the transport, the actors, and the tables beside the actors
 * that hold what is too big for their events.
 */
export class Runtime {
  readonly config: ServiceConfig;
  readonly actor: Actor<typeof serviceMachine>;
  readonly http: Http;
  /** What requests and polls are made with, for those that no machine makes. */
  readonly ports: Ports;
  /** What must never be shown. */
  readonly secrets = new Secrets();
  readonly work = new WorkTable();
  readonly keepAlive = new KeepAlive();
  /** Knows what passes are written in. */
  readonly passEncoder: PassEncoder;
  /** Told whenever the server lets an operation wait. */
  readonly queueStates: QueueStates;
  /** Undefined where nobody inspects. */
  readonly inspected: InspectedService | undefined;
  /** Numbers and names, each handed out once. */
  readonly counters = new Counters();
  /** The journals of its clients. */
  readonly journals: Journals;
  readonly #account: Account;
  readonly #waiting = new Waiting(this.keepAlive);
  readonly #requests: Requests;
  readonly #clients: ClientActors;
  readonly #budgets = new Budgets();
  readonly #sessionKeeper: SessionKeeper;
  readonly #telemetry: Telemetry | undefined;
  #closed = false;

  constructor(config: ServiceConfig) {
    this.config = config;
    this.journals = new Journals(config);
    this.passEncoder = new PassEncoder(config.encoding, config.baseUrl === cloudUrl);
    this.queueStates = new QueueStates(config.environment, config.onQueueState);
    const hide = (text: string) => this.secrets.hide(text);
    const { environment } = config;
    this.inspected = inspectedService(config, { snapshot: () => this.snapshot(), hide });
    this.#requests = new Requests({
      counters: this.counters,
      work: this.work,
      waiting: this.#waiting,
      queueStates: this.queueStates,
      newIdempotencyKey: () => this.newIdempotencyKey(),
      assertOpen: () => this.assertOpen(),
      watch: this.inspected?.requests,
    });
    this.#account = this.#accountOf(config, (server) => this.#useSettings(server));
    this.http = watchedHttp(this.#account.http, (error) => this.actor.send({ type: 'session.refused', error }));
    const sessionId = () => this.#sessionKeeper.snapshot().sessionId;
    this.#telemetry = config.telemetry ? new Telemetry({ http: () => this.#account.http, environment, hide, sessionId }) : undefined;
    this.ports = {
      http: this.http,
      environment,
      work: this.work,
      restores: this.#requests.restores,
      resultBudget: () => this.#budgets.results,
      telemetry: this.#telemetry,
      inspection: this.inspected?.port,
      hide,
    };
    this.actor = createActor(provideMachines(this.ports), {
      id: 'service',
      input: { ...policiesOf(config, defaultClientConfig), heartbeatMs, atRiskMs, lostMs },
      clock: environment.clock,
      ...inspectedBy(config.inspection.observers),
    });
    for (const { trail } of listed(this.inspected)) hearActors(this.actor.system, trail.next);
    this.#requests.begin(this.actor);
    this.#clients = new ClientActors(this.actor, this.counters, this.queueStates);
    const requests = new SessionRequests(config, this.http, () => this.newIdempotencyKey(), hide);
    requests.addTo(this.work);
    const { actor } = this;
    const keeping = { config, actor, waiting: this.#waiting, requests, account: this.#account, perform: this.#requests.perform };
    this.#sessionKeeper = new SessionKeeper({ ...keeping, assertOpen: () => this.assertOpen() });
    this.actor.start();
    this.#telemetry?.start(this.actor);
    this.inspected?.begin(this.actor);
  }

  /** What telemetry has done so far. */
  get telemetry(): TelemetryState {
    return this.#telemetry?.state ?? noTelemetry;
  }

  /** The server's settings; the defaults before it was asked. */
  get serverConfig(): ClientConfig {
    return this.#account.startUp.serverConfig;
  }

  /** How the service is, as plain data. */
  snapshot(): ServiceSnapshot {
    return serviceSnapshot(this.actor, this.#sessionKeeper, this.queueStates);
  }

  /** Room for chunks of passes on their way to the server, shared by all clients. */
  get dispatchBudget(): ByteBudget {
    return this.#budgets.dispatch;
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
    return callWithin(call, options, this.config.environment.clock, start, late, () => this.underWay());
  }

  /** What is waited for outside of any queue. */
  underWay(): readonly UnderWay[] {
    return this.#requests.underWay();
  }

  /** Sends a request until it is answered definitely, and gives its decoded answer. */
  request<I, O>(kind: string, route: Route<I, O>, input: I): Promise<O> {
    return this.perform(kind, (attempt) => this.http.call(route, input, attempt));
  }

  /** The same for a request whose answers are read in a way of their own. */
  async perform<A>(kind: string, send: (attempt: Attempt) => TaskEither<AttemptFailure, A>): Promise<A> {
    this.assertOpen();
    return this.#account.perform(kind, send);
  }

  /** A request as another account, whose API key is `token`; see `request`. */
  async requestAs<I, O>(token: string, kind: string, route: Route<I, O>, input: I): Promise<O> {
    const account = this.#accountOf({ apiKey: token, credentialCommand: undefined });
    try {
      return await account.perform(kind, (attempt) => account.http.call(route, input, attempt));
    } finally {
      account.credentials.stop();
    }
  }

  /**
   * Whom the server takes the caller for.
   * @throws TinkerError `validation` where no token says so: the server takes the API key itself
   */
  async identity(): Promise<Identity> {
    await this.#account.startUp.done();
    return this.#account.credentials.identity();
  }

  /** Waits for something of several steps; the process stays meanwhile, and closing the service gives it up. */
  attend<A>(kind: string, run: () => Promise<A>): Promise<A> {
    return this.#requests.settled<A>(kind, (key, resolve) => {
      run().then(resolve, (thrown: unknown) => this.#waiting.fail(key, toTinkerError(thrown)));
    });
  }

  /** Submits an operation outside of any queue and waits for its result. */
  operate<I, A>(operation: LoneOperation<I, A>): Promise<A> {
    return this.#requests.operate(this.http, operation);
  }

  /** Waits for the result of an operation that is sent in a way of its own. */
  follow<A>(operation: FollowedOperation<A>): Promise<A> {
    return this.#requests.follow(operation);
  }

  /** Goes on with the session of an earlier process, of which nobody knows which numbers were drawn in it. */
  async adoptSession(sessionId: string, resumed: number): Promise<OpenSession> {
    this.assertOpen();
    const session = await this.#sessionKeeper.adopt(sessionId);
    this.counters.beginAt(((1 + Math.floor(this.config.environment.random() * 1e5)) * 1e4 + resumed) * 1e6);
    return session;
  }

  /** Runs the steps of a restore; rejects with the error that names the step. */
  async restore(steps: RestoreSteps, byLoading: boolean): Promise<void> {
    await this.#requests.restore(steps, byLoading);
  }

  /** Starts the actor of a training client. */
  spawnTraining(modelId: string, begin?: TrainingBeginning): TrainingActor {
    return this.#clients.training(modelId, begin);
  }

  /** Starts the actor of a sampling client, and gives the gate that it shares with the others. */
  spawnSampling(input: Omit<SamplingInput, 'actorId'>): { readonly actor: SamplingActor; readonly gate: SamplingGate } {
    return this.#clients.sampling(input, this.serverConfig.sampleDispatchBytes);
  }

  /** Stops all actors; whoever still waits is told that the service is closed. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.inspected?.close();
    this.#clients.stop();
    this.#sessionKeeper.stop();
    this.#account.credentials.stop();
    this.#waiting.failAll(closedError());
    await this.journals.close();
    await this.#telemetry?.end();
    await this.inspected?.end();
    await this.config.transport.close();
  }

  assertOpen(): void {
    if (this.#closed) throw closedError();
  }

  newIdempotencyKey(): string {
    return `tinkerjs-${this.config.environment.uuid()}`;
  }

  #accountOf(credentials: CredentialOptions, onSettings?: (server: ClientConfig) => void): Account {
    const { config } = this;
    const notices = new Notices(config.environment);
    return new Account({ config, secrets: this.secrets, perform: this.#requests.perform, warn: (text) => notices.warn('token', text), onSettings }, credentials);
  }

  #useSettings(server: ClientConfig): void {
    this.#budgets.use(server);
    this.actor.send({ type: 'settings.changed', ...policiesOf(this.config, server) });
  }
}
