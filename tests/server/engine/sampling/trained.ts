import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../../../src/server/checkpoints/manifest.js';
import type { DecoderConfig } from '../../../../src/server/engine/base-models.js';
import type { LoraSettings } from '../../../../src/server/engine/engine.js';
import { adapterSha256 } from '../../../../src/server/engine/sampling/adapter-hash.js';
import type { SamplerWeights, SampleWork } from '../../../../src/server/engine/sampling/sampling.js';
import { Trainer } from '../../../../src/server/engine/trainer.js';
import { ADAM, TOY_LORA, toyDatum } from '../toy.js';

/** What a request asks for when it says nothing else. */
export const WORK: SampleWork = {
  prompt: Int32Array.of(1, 2, 5, 10),
  numSamples: 1,
  maxTokens: 12,
  temperature: 1,
  topK: -1,
  topP: 1,
  seed: 3n,
  stops: [],
  promptLogprobs: false,
  topkPromptLogprobs: 0,
};

/** A model after a few steps, and a sampler checkpoint of it. */
export interface Trained {
  readonly trainer: Trainer;
  readonly weights: SamplerWeights;
  readonly directory: string;
  /** To be removed in the end. */
  readonly root: string;
}

/** Trains a model, called `a`, and saves it for sampling. */
export async function trained(config: DecoderConfig, lora: LoraSettings = TOY_LORA, steps = 5): Promise<Trained> {
  const trainer = new Trainer([config]);
  await trainer.createModel('a', { baseModel: config.name, lora });
  for (let step = 0; step < steps; step++) {
    trainer.forwardBackward('a', [toyDatum(step, 20)], 'cross_entropy');
    trainer.optimStep('a', { ...ADAM, learningRate: 0.05, gradClipNorm: 0 });
  }
  const root = await mkdtemp(join(tmpdir(), 'sampling-'));
  const directory = join(root, 'one');
  await trainer.saveCheckpoint('a', directory, {
    parentRun: 'a', createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null, overwrite: false, kind: 'sampler_weights',
  });
  const sha256 = adapterSha256(await readManifest(directory));
  return { trainer, directory, root, weights: { baseModel: config.name, adapter: { directory, sha256 } } };
}
