import type { OperationSize, OperationWatch } from '../calls/operation-watch.js';
import type { OperationRecord } from '../inspection/records.js';
import { Sinks } from '../inspection/sinks.js';
import { Trail } from '../inspection/trail.js';
import type { Watcher } from '../inspection/watcher.js';
import type { ServiceConfig } from '../config.js';
import { sessionKeys } from '../machines/session-machine.js';
import type { ServiceActor } from '../machines/service-machine.js';
import type { InspectionPort } from '../machines/inspection-port.js';
import { kindOf } from './counters.js';
import { InspectedClients } from './inspected-clients.js';
import { ServicePicture } from './service-picture.js';
import type { ServiceSnapshot } from './service-snapshot.js';
import type { TinkerError } from '../types/errors.js';
import { Stop, type StopSignal } from '../types/stop.js';

/** What inspection needs of its service. */
export interface InspectedServiceHost {
  readonly snapshot: () => ServiceSnapshot;
  /** Takes the known secrets out of a text. */
  readonly hide: (text: string) => string;
}

/** The same for a service that is inspected. */
type Host = InspectedServiceHost & Pick<ServiceConfig, 'baseUrl' | 'environment'> & { readonly watchers: readonly Watcher[] };

/** Undefined where nobody watches. */
export function inspectedService({ baseUrl, environment, inspection }: ServiceConfig, host: InspectedServiceHost): InspectedService | undefined {
  const { watchers } = inspection;
  return watchers.length === 0 ? undefined : new InspectedService({ ...host, baseUrl, environment, watchers });
}

/** A checkpoint, as far as the program that saved it knows. */
export interface SavedCheckpoint {
  readonly kind: 'training' | 'sampler';
  readonly path: string;
  /** Key of the training client. */
  readonly client: string;
  /** Optimizer steps in it. */
  readonly step: number;
  readonly ttlSeconds: number | undefined;
}

const mostMetrics = 100;
/** What older self-hosted servers do not have, which is no failure. */
const optional: ReadonlySet<string> = new Set(['clientConfig', 'dynamicConfig']);

/** A service that somebody watches: takes what its parts report and tells it as records. Exists only where somebody does. */
export class InspectedService {
  readonly clients = new InspectedClients();
  readonly trail: Trail;
  readonly port: InspectionPort;
  /** The requests of the service itself, which belong to no client. */
  readonly requests: OperationWatch;
  readonly #now: () => number;
  /** End what is asked of the server for inspection only. */
  readonly #stops = new Set<Stop>();
  readonly #host: Host;
  readonly #picture: ServicePicture;

  constructor(host: Host) {
    const { environment, watchers, baseUrl, snapshot } = host;
    const id = environment.uuid();
    // Their clock may be set anew while they run; ours never goes back.
    const origin = (environment.wallNow ?? Date.now)() - environment.now();
    const now = () => origin + environment.now();
    const { clients } = this;
    const picture = new ServicePicture({ id, baseUrl, now, snapshot });
    const sinks = new Sinks(watchers, {
      id,
      snapshot: () => ({ service: snapshot(), ...clients.snapshots() }),
      control: (command) => clients.control(command, Math.floor(now())),
    });
    this.#now = now;
    this.#host = host;
    this.#picture = picture;
    this.trail = new Trail({
      service: id,
      clock: environment.clock,
      now,
      sinks,
      pictures: () => [picture.record(), ...clients.records(id, now(), this.trail.operations)],
    });
    this.requests = this.watchOf('service', undefined);
    this.port = this.#portOf(sinks);
    this.trail.touch();
  }

  /** Listens to what the actors of the service say to the user. */
  begin(actor: ServiceActor): void {
    const seconds = (ms: number) => Math.round(ms / 1000);
    actor.on('session.opened', () => this.trail.touch());
    actor.on('session.atRisk', ({ silentMs }) => this.trail.notice('warning', `No heartbeat has succeeded for ${seconds(silentMs)} s. Is the server reachable?`));
    actor.on('session.recovered', () => this.trail.notice('info', 'The session was heard of again.'));
    actor.on('session.lost', ({ error }) => this.#failed(error, undefined, undefined));
    actor.on('session.failed', ({ error }) => this.#failed(error, undefined, undefined));
  }

  /** Is told what becomes of the operations of one client. */
  watchOf(group: OperationRecord['group'], client: string | undefined): OperationWatch {
    const { operations } = this.trail;
    const called = (id: string, kind: string, size?: OperationSize) => this.trail.called({ id, kind, group, client, ...size });
    const failed = (id: string, error: TinkerError) => {
      operations.failed(id, { kind: error.kind, message: this.#host.hide(error.message) });
      const isFine = error.kind === 'cancelled' || (error.status === 404 && optional.has(kindOf(id)));
      if (isFine) this.trail.touch();
      else this.#failed(error, id, client);
    };
    return {
      called,
      refused: (id, kind, error) => {
        called(id, kind);
        failed(id, error);
      },
      sending: (id, seqIds, optimStepsBefore) => {
        operations.sending(id, seqIds, optimStepsBefore);
        this.trail.touch();
      },
      accepted: (id, requestId) => {
        operations.accepted(id, requestId);
        this.trail.touch();
      },
      askedAnew: (id, { message }) => {
        operations.askedAnew(id, this.#host.hide(message));
        this.trail.touch();
      },
      queueState: (id, status, queueState, reason) => {
        operations.queueState(id, status, queueState, reason && this.#host.hide(reason));
        this.trail.touch();
      },
      done: (id, downloadMs) => {
        operations.done(id, downloadMs);
        this.trail.touch();
      },
      failed,
      forgotten: (id) => {
        operations.forgotten(id);
        this.trail.touch();
      },
    };
  }

  /** An operation of a training client brought metrics. */
  measured(operation: string, kind: string, client: string, optimStepsBefore: number, metrics: Readonly<Record<string, unknown>>): void {
    const numbers = Object.entries(metrics).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
    if (numbers.length === 0) return;
    const values = Object.fromEntries(numbers.slice(0, mostMetrics));
    const { service, now: at } = this.#place();
    this.trail.tell({ type: 'metrics', service, key: operation, at, client, kind, step: optimStepsBefore + (kind === 'forward' ? 0 : 1), values });
  }

  /** A checkpoint was saved; `facts` asks the server for what only it knows, and its failing is no matter. */
  checkpointSaved({ kind, path, client, step, ttlSeconds }: SavedCheckpoint, facts: (signal: StopSignal) => Promise<CheckpointFacts | undefined>): void {
    const { service, now } = this.#place();
    const expiresAt = ttlSeconds === undefined ? {} : { expiresAt: now + ttlSeconds * 1000 };
    const known = { type: 'checkpoint', service, key: path, client, kind, step, savedAt: now, ...expiresAt } as const;
    this.trail.tell({ ...known, at: now });
    const stop = new Stop();
    this.#stops.add(stop);
    const learnt = (more: CheckpointFacts | undefined) => {
      this.#stops.delete(stop);
      if (more !== undefined) this.trail.tell({ ...known, ...more, at: this.#now() });
    };
    facts(stop).then(learnt, () => learnt(undefined));
  }

  /** The service is about to be closed. */
  close(): void {
    for (const stop of this.#stops) stop.abort();
    this.#picture.close();
  }

  /** The service is closed: what is left is told. */
  async end(): Promise<void> {
    await this.trail.end();
  }

  #place(): { readonly service: string; readonly now: number } {
    return { service: this.#picture.id, now: this.#now() };
  }

  #failed({ kind, message, status }: TinkerError, operation: string | undefined, client: string | undefined): void {
    this.trail.failed({ kind, message: this.#host.hide(message), status }, operation, client);
  }

  #portOf(sinks: Sinks): InspectionPort {
    const { operations } = this.trail;
    const { hide } = this.#host;
    const picture = this.#picture;
    return {
      attempting: ({ key, retryCount }) => {
        operations.attempting(key, retryCount);
        this.trail.touch();
      },
      bodyWritten: (key) => {
        operations.bodyWritten(key);
        this.trail.touch();
      },
      attemptAnswered: ({ key }, requestId, ms) => {
        if (key === sessionKeys.heartbeat) picture.heartbeat(ms);
        else if (key === sessionKeys.create) picture.opened();
        else if (requestId !== undefined) operations.acceptedAlone(key, requestId);
        this.trail.touch();
      },
      attemptFailed: ({ key }, { error }) => {
        if (key === sessionKeys.heartbeat) picture.heartbeat(undefined);
        operations.attemptFailed(key, hide(error.message));
        this.trail.touch();
      },
      polled: ({ key }, outcome) => {
        if (outcome.kind === 'unreachable' || outcome.kind === 'doubtful') operations.pollFailed(key, hide(outcome.error.message));
        this.trail.touch();
      },
      attemptUnanswered: ({ key }) => {
        if (key === sessionKeys.heartbeat) picture.heartbeat(undefined);
        this.trail.touch();
      },
      pollUnanswered: ({ key }) => {
        operations.pollFailed(key, 'no answer in time');
        this.trail.touch();
      },
      computing: (key) => {
        operations.computing(key);
        this.trail.touch();
      },
      headersOf: (key) => sinks.headersOf(key),
    };
  }
}

/** What a server says about a checkpoint. */
export interface CheckpointFacts {
  readonly sizeBytes?: number;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}
