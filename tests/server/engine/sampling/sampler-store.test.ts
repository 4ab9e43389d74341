import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KvCache } from '../../../../src/server/engine/sampling/kv-cache.js';
import { SamplerStore } from '../../../../src/server/engine/sampling/sampler-store.js';
import type { SamplerWeights } from '../../../../src/server/engine/sampling/sampling.js';
import { TOY, TOY_TIED } from '../toy.js';
import { trained, type Trained } from './trained.js';

let model: Trained;
let other: Trained;

beforeAll(async () => {
  model = await trained(TOY);
  other = await trained(TOY, { rank: 2, seed: 8, trainAttn: true, trainMlp: true, trainUnembed: true }, 1);
});

afterAll(async () => {
  await rm(model.root, { recursive: true });
  await rm(other.root, { recursive: true });
});

function elsewhere(directory: string, sha256 = model.weights.adapter?.sha256 ?? ''): SamplerWeights {
  return { baseModel: 'toy', adapter: { directory, sha256 } };
}

describe('the sampler store', () => {
  it('keeps what it has loaded, also when the checkpoint is gone by then', async () => {
    const store = new SamplerStore([TOY]);
    const copy = join(model.root, 'copy');
    await cp(model.directory, copy, { recursive: true });
    const first = await store.load(elsewhere(copy));
    await rm(copy, { recursive: true });
    expect(await store.load(elsewhere(copy))).toBe(first);
    store.forget(model.weights.adapter?.sha256 ?? '');
    await expect(store.load(elsewhere(copy))).rejects.toThrow('There is no checkpoint "copy"');
  });

  it('gives up what was used longest ago when there is no room', async () => {
    const { bytes } = await new SamplerStore([TOY]).load(model.weights);
    const store = new SamplerStore([TOY], bytes);
    const base = await store.load({ baseModel: 'toy', adapter: undefined });
    const first = await store.load(model.weights);
    expect(base.bytes).toBe(0);
    expect(await store.load(model.weights)).toBe(first);
    const second = await store.load(other.weights);
    expect(await store.load(model.weights)).not.toBe(first);
    expect(await store.load(other.weights)).not.toBe(second);
  });

  it('counts the prompts that it keeps', async () => {
    const { bytes } = await new SamplerStore([TOY]).load(model.weights);
    const store = new SamplerStore([TOY], 2 * bytes);
    const first = await store.load(model.weights);
    const second = await store.load(other.weights);
    expect([await store.load(model.weights), await store.load(other.weights)]).toEqual([first, second]);
    const cache = new KvCache(TOY);
    second.prompts.keep(Int32Array.of(1, 2), cache);
    expect(second.prompts.bytes).toBe(8 + cache.bytes);
    expect(await store.load(other.weights)).toBe(second);
    expect(await store.load(model.weights)).not.toBe(first);
  });

  it('keeps no account of what it is told to forget while it loads it', async () => {
    const { bytes } = await new SamplerStore([TOY]).load(model.weights);
    const store = new SamplerStore([TOY], bytes);
    const loading = store.load(model.weights);
    store.forget(model.weights.adapter?.sha256 ?? '');
    await loading;
    const second = await store.load(other.weights);
    await store.load({ baseModel: 'toy', adapter: undefined });
    expect(await store.load(other.weights)).toBe(second);
  });

  it.each([
    ['a checkpoint of other content than it was', () => elsewhere(model.directory, '00'), 'Checkpoint "one" was replaced since sampling from it began. Create a new sampling client.'],
    ['another base model', () => ({ ...model.weights, baseModel: 'toy-tied' }), 'Architecture mismatch: the checkpoint is of toy, not of toy-tied. Sample with base model toy.'],
    ['an unknown base model', () => ({ ...model.weights, baseModel: 'toy-big' }), 'Unknown base model "toy-big". This server offers: toy, toy-tied.'],
  ])('refuses %s, and is not put off by it', async (_, weights, message) => {
    const store = new SamplerStore([TOY, TOY_TIED]);
    await expect(store.load(weights())).rejects.toEqual(expect.objectContaining({ category: 'user', message }));
    expect((await store.load(model.weights)).model.config).toBe(TOY);
  });
});
