import * as E from 'fp-ts/lib/Either.js';
import { getSampler } from './api/sampling.js';
import { tokenizerOfClient, type GetTokenizerOptions } from './tokenizer/client-tokenizer.js';
import type { SamplingActor } from './machines/sampling-machine.js';
import type { Operation } from './operation.js';
import type { Runtime } from './service/runtime.js';
import { SamplingCalls } from './sampling/sampling-calls.js';
import { checkPrompt, checkSample, type SampleInput } from './sampling/sampling-input.js';
import type { RetrySettings } from './sampling/sampling-options.js';
import { samplingSnapshot, type SamplingSnapshot } from './sampling/sampling-snapshot.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';
import { TinkerError } from './types/errors.js';
import { SamplingParams, type GetSamplerResponse, type SampleResponse } from './types/sampling.js';
import type { WaitOptions } from './calls/wait.js';

/**
 * Samples from one set of weights: a base model, a checkpoint, or a model as it was when it was saved for
 * sampling. Calls run at the same time, as many as you make: the client keeps to the limits, waits when the
 * server pushes back, and asks anew for what failed in passing (wire protocol §3.8). Made by
 * `ServiceClient.createSamplingClient` and `TrainingClient.saveWeightsAndGetSamplingClient`.
 */
export class SamplingClient {
  /** The id of the sampling session. */
  readonly samplingSessionId: string;
  /** The xstate actor behind this client, for inspection. */
  readonly actor: SamplingActor;
  readonly #runtime: Runtime;
  readonly #calls: SamplingCalls;

  /** @internal Sampling clients are made by `ServiceClient` and `TrainingClient`. */
  constructor(runtime: Runtime, samplingSessionId: string, retry: RetrySettings) {
    this.samplingSessionId = samplingSessionId;
    this.#runtime = runtime;
    this.#calls = new SamplingCalls(runtime, samplingSessionId, retry);
    this.actor = this.#calls.actor;
    runtime.inspected?.clients.addSampling(this.actor.id, this);
  }

  /**
   * Draws sequences that continue a prompt.
   * @returns per sequence its tokens, their log-probabilities and why it ended; log-probabilities of the
   *   prompt where they were asked for
   */
  sample(input: SampleInput, options: WaitOptions = {}): Operation<SampleResponse> {
    const retries = !this.#runtime.serverConfig.sampleNoRetries;
    return this.#calls.start({ kind: 'sample', options, retries, prepare: () => checkSample(input), finish: E.right });
  }

  /**
   * Log-probability of each token of a prompt given those before it; null where it has none, as the first.
   * @param prompt a ModelInput, or the ids of its tokens; at least one token
   */
  computeLogprobs(prompt: SampleInput['prompt'], options: WaitOptions = {}): Operation<readonly (number | null)[]> {
    return this.#calls.start({
      kind: 'computeLogprobs',
      options,
      retries: true,
      prepare: () => ({
        prompt: checkPrompt(prompt),
        numSamples: 1,
        samplingParams: SamplingParams.make({ maxTokens: 1 }),
        promptLogprobs: true,
        topkPromptLogprobs: 0,
      }),
      finish: ({ promptLogprobs }) =>
        E.fromNullable(new TinkerError('malformedResponse', 'the server gave no log-probabilities of the prompt'))(promptLogprobs),
    });
  }

  /** What this client samples from: base model, and checkpoint where it is one. */
  getSampler(options: WaitOptions = {}): Promise<GetSamplerResponse> {
    return this.#runtime.ask('getSampler', options, getSampler, { samplerId: this.samplingSessionId });
  }

  /** The name of the base model under the weights that this client samples from. */
  async getBaseModel(options: WaitOptions = {}): Promise<string> {
    const { baseModel } = await this.getSampler(options);
    return baseModel;
  }

  /** The tokenizer of the base model (wire protocol §6.9), or the one in `source`; read once per place, see `loadTokenizer`. */
  getTokenizer(options: GetTokenizerOptions = {}): Promise<Tokenizer> {
    const names = async () => ({ modelName: await this.getBaseModel() });
    const load = () => tokenizerOfClient(this.#runtime.config, names, options, () => this.#runtime.underWay());
    return this.#runtime.attend('getTokenizer', load);
  }

  /** A small picture of this client: plain data, without any tokens. */
  getSnapshot(): SamplingSnapshot {
    return samplingSnapshot(this.actor, this.#calls.gateActor, this.#calls.nextSeqId);
  }

  /** Stops this client: open calls reject with `cancelled`, nothing of it is left running here. */
  close(): void {
    this.actor.send({ type: 'client.stopped' });
  }
}
