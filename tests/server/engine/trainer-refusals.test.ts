import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckpointMeta, ModelSpec } from '../../../src/server/engine/engine.js';
import { Trainer } from '../../../src/server/engine/trainer.js';
import { ADAM, TOY, TOY_LORA, TOY_TIED, toyDatum } from './toy.js';

const META: CheckpointMeta = { parentRun: 'a', createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null, overwrite: false };
const SPEC: ModelSpec = { baseModel: 'toy', lora: TOY_LORA };
const PROBE = [toyDatum(9, 30)];

let root: string;
let trainer: Trainer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'engine-'));
  trainer = new Trainer([TOY, TOY_TIED]);
  await trainer.createModel('a', SPEC);
  trainer.forwardBackward('a', PROBE, 'cross_entropy');
  trainer.optimStep('a', ADAM);
  await trainer.saveCheckpoint('a', join(root, 'one'), META);
});

afterAll(async () => {
  await rm(root, { recursive: true });
});

function userError(message: string): unknown {
  return expect.objectContaining({ name: 'EngineError', category: 'user', message });
}

describe('createModel', () => {
  it('names the base models that exist', async () => {
    await expect(trainer.createModel('b', { ...SPEC, baseModel: 'local/huge' })).rejects.toEqual(
      userError('Unknown base model "local/huge". This server offers: toy, toy-tied.'),
    );
  });

  it('refuses a second model of the same id', async () => {
    await expect(trainer.createModel('a', SPEC)).rejects.toEqual(
      userError('Model "a" exists already. Unload it first, or choose another id.'),
    );
  });

  it('refuses a rank of zero', async () => {
    await expect(trainer.createModel('b', { ...SPEC, lora: { ...TOY_LORA, rank: 0 } })).rejects.toEqual(
      userError('LoRA rank must be an integer from 1 to 512, but is 0.'),
    );
  });
});

describe('a call on an unloaded model', () => {
  it('says that it is not loaded', async () => {
    await trainer.createModel('gone', SPEC);
    trainer.unloadModel('gone');
    const message = 'Model "gone" is not loaded. Create it, or create a model from a checkpoint of it.';
    const calls = [
      () => trainer.forward('gone', PROBE, 'cross_entropy'),
      () => trainer.forwardBackward('gone', PROBE, 'cross_entropy'),
      () => trainer.optimStep('gone', ADAM),
      () => trainer.saveCheckpoint('gone', join(root, 'two'), META),
      () => trainer.loadCheckpoint('gone', join(root, 'one'), { optimizer: true }),
      () => { trainer.unloadModel('gone'); },
    ];
    for (const call of calls) {
      await expect(Promise.resolve().then<unknown>(call)).rejects.toEqual(userError(message));
    }
  });
});

describe('a pass with numbers beyond all bounds', () => {
  it('is refused for them, and keeps nothing', () => {
    const far = PROBE.map((datum) => ({ ...datum, samplingLogprobs: datum.weights.map(() => -1e6) }));
    expect(() => trainer.forwardBackward('a', far, 'importance_sampling')).toThrow(
      "The loss is not finite, though the model's log-probabilities are: those given are too far from them, or the weights or advantages too large.",
    );
    expect(trainer.optimStep('a', { ...ADAM, learningRate: 0, weightDecay: 0 }).gradNorm).toBe(0);
  });
});

describe('a diverged model', () => {
  it('refuses the pass, keeps nothing of it, and recovers by loading', async () => {
    await trainer.createModel('wild', SPEC);
    trainer.forwardBackward('wild', PROBE, 'cross_entropy');
    trainer.optimStep('wild', { ...ADAM, learningRate: 1e30 });
    trainer.optimStep('wild', { ...ADAM, learningRate: 1e30 });
    expect(() => trainer.forwardBackward('wild', PROBE, 'cross_entropy')).toThrow('The loss is not finite: the adapter has diverged.');
    expect(trainer.optimStep('wild', { ...ADAM, learningRate: 0 }).gradNorm).toBe(0);
    await trainer.loadCheckpoint('wild', join(root, 'one'), { optimizer: true });
    expect(trainer.forward('wild', PROBE, 'cross_entropy')).toEqual(trainer.forward('a', PROBE, 'cross_entropy'));
  });
});

describe('loadCheckpoint', () => {
  it.each([
    ['rank', { ...SPEC, lora: { ...TOY_LORA, rank: 3 } }, 'Rank mismatch: checkpoint has rank 2, model configured with rank 3. Create the model with rank 2 and load again.'],
    ['base model', { ...SPEC, baseModel: 'toy-tied' }, 'Architecture mismatch: checkpoint is of toy, model is toy-tied. Create the model with base model toy and load again.'],
    ['train_attn', { ...SPEC, lora: { ...TOY_LORA, trainAttn: false } }, 'Adapter mismatch: checkpoint has train_attn true, model configured with train_attn false. Create the model with train_attn true and load again.'],
    ['train_mlp', { ...SPEC, lora: { ...TOY_LORA, trainMlp: false } }, 'Adapter mismatch: checkpoint has train_mlp true, model configured with train_mlp false. Create the model with train_mlp true and load again.'],
    ['train_unembed', { ...SPEC, lora: { ...TOY_LORA, trainUnembed: false } }, 'Adapter mismatch: checkpoint has train_unembed true, model configured with train_unembed false. Create the model with train_unembed true and load again.'],
  ])('refuses a model of another %s', async (name, spec, message) => {
    await trainer.createModel(name, spec);
    await expect(trainer.loadCheckpoint(name, join(root, 'one'), { optimizer: true })).rejects.toEqual(userError(message));
  });

  it('accepts a model of another seed, whose adapter is replaced', async () => {
    await trainer.createModel('seeded', { ...SPEC, lora: { ...TOY_LORA, seed: 1234 } });
    await trainer.loadCheckpoint('seeded', join(root, 'one'), { optimizer: true });
    expect(trainer.forward('seeded', PROBE, 'cross_entropy')).toEqual(trainer.forward('a', PROBE, 'cross_entropy'));
  });

  it('says when there is no such checkpoint', async () => {
    await expect(trainer.loadCheckpoint('a', join(root, 'none'), { optimizer: true })).rejects.toEqual(
      userError('There is no checkpoint "none", or its manifest.json is missing. Load another checkpoint.'),
    );
  });
});
