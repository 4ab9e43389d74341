import { resolveConfig } from '../config.js';
import type { RestClient } from '../rest-client.js';
import type { SamplingClient } from '../sampling-client.js';
import { ServiceClient } from '../service-client.js';
import type { LoraTrainingOptions } from '../service/model-options.js';
import type { EncodingOption } from '../training/encoding-choice.js';
import type { TrainingClient } from '../training-client.js';
import type { WaitOptions } from '../calls/wait.js';
import { TinkerError } from '../types/errors.js';
import { effectOf, proportional } from './effect.js';
import { saveMoment, type Moment } from './moment.js';
import { RawModel } from './raw-model.js';
import { Shared } from './shared.js';
import type { Tools } from './tools.js';
import { Traces, type LeftBehind } from './traces.js';
import { Wire } from './wire.js';

/** Which server is looked at, and how. */
export interface WorkbenchSettings {
  /** With or without a path; default `TINKER_BASE_URL`, else the Tinker cloud. */
  readonly url?: string | undefined;
  /** Default `TINKER_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** Default: the first that the server names. */
  readonly baseModel?: string | undefined;
  /** Milliseconds for one check; default 120,000. */
  readonly limitMs?: number | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

const defaultLimitMs = 120_000;
const longestRetryMs = 10_000;
// What every server takes: some allow powers of two only, some have a highest rank of 32.
const rank = 8;

/** What checks work with: clients, models that they share, and what has to be cleaned up after them. */
export class Workbench implements Tools {
  /** Without a trailing slash. */
  readonly url: string;
  /** Milliseconds for one check. */
  readonly limitMs: number;
  readonly wire: Wire;
  readonly service: ServiceClient;
  readonly rest: RestClient;
  readonly traces: Traces;
  readonly limits: WaitOptions;
  readonly baseModel: Shared<string>;
  readonly training: Shared<TrainingClient>;
  /** A model of which every request is written by hand. */
  readonly raw: Shared<RawModel>;
  /** What one usual step does to a new model, and one of a size that goes by the gradient; see `effectOf`. */
  readonly effects: { readonly usual: Shared<number>; readonly proportional: Shared<number> };
  /** A checkpoint of {@link Workbench.training}, as it was at some moment. */
  readonly state: Shared<Moment>;
  /** Samples from a named checkpoint of {@link Workbench.training}. */
  readonly sampler: Shared<SamplingClient>;
  readonly #settings: WorkbenchSettings;
  readonly #apiKey: string;
  readonly #mark: string;
  readonly #services: ServiceClient[] = [];

  /** @throws TinkerError `validation` on a bad address or key */
  constructor(settings: WorkbenchSettings) {
    const { baseUrl, apiKey, fetch, environment } = resolveConfig({ baseUrl: settings.url, apiKey: settings.apiKey, fetch: settings.fetch });
    if (apiKey === undefined) throw new TinkerError('validation', 'apiKey: the checks need a key; a credential command is not enough', { field: 'apiKey' });
    this.#settings = settings;
    this.#apiKey = apiKey;
    this.#mark = environment.uuid().slice(0, 8);
    this.url = baseUrl;
    this.limitMs = settings.limitMs ?? defaultLimitMs;
    this.limits = { timeoutMs: this.limitMs };
    this.wire = new Wire({ url: baseUrl, apiKey, fetch, limitMs: this.limitMs });
    this.service = this.open();
    this.rest = this.service.createRestClient();
    this.traces = new Traces(this.rest, this.limitMs);
    this.baseModel = new Shared('a base model', () => this.#baseModel());
    this.training = new Shared('a model', () => this.model());
    this.raw = new Shared('a model', () => RawModel.open(this));
    this.effects = {
      usual: new Shared('a model that trains', () => effectOf(this)),
      proportional: new Shared('a model that trains', () => effectOf(this, { adam: proportional })),
    };
    this.state = new Shared('a saved checkpoint', () => saveMoment(this));
    this.sampler = new Shared('a checkpoint to sample from', () => this.#sampler());
  }

  /** A further client, closed at the end. */
  open(encoding: EncodingOption = 'auto', requestDeadlineMs = longestRetryMs): ServiceClient {
    const silent = () => undefined;
    const service = new ServiceClient({
      baseUrl: this.url,
      apiKey: this.#apiKey,
      fetch: this.#settings.fetch,
      encoding,
      telemetry: false,
      requestDeadlineMs: Math.min(this.limitMs / 2, requestDeadlineMs),
      onError: silent,
      onQueueState: silent,
      onSessionAtRisk: silent,
    });
    this.#services.push(service);
    return service;
  }

  async model(options: Partial<LoraTrainingOptions> = {}, service = this.service): Promise<TrainingClient> {
    const baseModel = await this.baseModel.get();
    return this.traces.model(await service.createLoraTrainingClient({ baseModel, rank, seed: 7, ...this.limits, ...options }));
  }

  name(label: string): string {
    return `contract-${this.#mark}-${label}`;
  }

  /** Goes on after a request of which nobody knows whether it was taken: a client stops at that. */
  async recover(): Promise<void> {
    const training = await this.training.made();
    if (training?.getSnapshot().state === 'wedged') training.skip();
  }

  /** Takes everything back that was made, as far as the server lets us. */
  async close(): Promise<LeftBehind> {
    const left = await this.traces.remove();
    await Promise.all(this.#services.map((service) => service.close()));
    return left;
  }

  async #baseModel(): Promise<string> {
    if (this.#settings.baseModel !== undefined) return this.#settings.baseModel;
    const { supportedModels } = await this.service.getServerCapabilities(this.limits);
    const name = supportedModels.find(({ modelName }) => modelName !== undefined)?.modelName;
    if (name === undefined) throw new TinkerError('malformedResponse', 'the server names no base model: give one with --base-model');
    return name;
  }

  async #sampler(): Promise<SamplingClient> {
    const training = await this.training.get();
    const { path } = await training.saveWeightsForSampler(this.name('sampler'), this.limits);
    this.traces.checkpoint(path);
    return this.service.createSamplingClient({ modelPath: path, ...this.limits });
  }
}
