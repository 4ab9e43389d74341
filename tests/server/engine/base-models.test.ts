import { describe, expect, it } from '@jest/globals';
import { adapterLayout, initialAdapter } from '../../../src/server/engine/adapter-layout.js';
import { BASE_MODELS, baseModelInfos, findBaseModel } from '../../../src/server/engine/base-models.js';
import { makeBaseWeights } from '../../../src/server/engine/base-weights.js';
import { RandomStream } from '../../../src/server/engine/random.js';
import { TOY, TOY_LORA, TOY_TIED } from './toy.js';

/** Frozen weights must never change, or every saved adapter would fit another model. */
const KNOWN_EMBEDDING = [0.025671223178505898, -0.030581247061491013, -0.026552898809313774];

describe('the base models', () => {
  it('are published with name, context length, vocabulary and size', () => {
    expect(baseModelInfos(BASE_MODELS)).toEqual([
      { name: 'local/tiny', maxContextLength: 512, vocabSize: 260, width: 64, layers: 2 },
      { name: 'local/small', maxContextLength: 1024, vocabSize: 260, width: 128, layers: 4 },
      { name: 'local/base', maxContextLength: 512, vocabSize: 260, width: 256, layers: 6 },
    ]);
  });

  it.each(BASE_MODELS.map((model) => [model.name, model] as const))('%s has heads that share keys evenly and rotate in pairs', (_, model) => {
    expect([model.heads % model.kvHeads, model.headWidth % 2, model.heads * model.headWidth]).toEqual([0, 0, model.width]);
  });

  it('are found by name', () => {
    expect(findBaseModel(BASE_MODELS, 'local/small').width).toBe(128);
  });
});

describe('makeBaseWeights', () => {
  it('gives the same bits every time', () => {
    expect(makeBaseWeights(TOY)).toEqual(makeBaseWeights(TOY));
    expect([...makeBaseWeights(TOY).embedding.subarray(0, 3)]).toEqual(KNOWN_EMBEDDING);
  });

  it('uses the embedding table again when the unembedding is tied', () => {
    const tied = makeBaseWeights(TOY_TIED);
    expect(tied.unembedding).toBe(tied.embedding);
    const untied = makeBaseWeights(TOY);
    expect(untied.unembedding).not.toEqual(untied.embedding);
  });
});

describe('adapterLayout', () => {
  it('names and shapes tensors as PEFT does', () => {
    const { tensors, targetModules } = adapterLayout({ ...TOY, layers: 1 }, { ...TOY_LORA, trainMlp: false });
    expect(tensors.map(({ name, shape }) => [name.replace('base_model.model.', ''), ...shape])).toEqual([
      ['model.layers.0.self_attn.q_proj.lora_A.weight', 2, 8],
      ['model.layers.0.self_attn.q_proj.lora_B.weight', 16, 2],
      ['model.layers.0.self_attn.k_proj.lora_A.weight', 2, 8],
      ['model.layers.0.self_attn.k_proj.lora_B.weight', 8, 2],
      ['model.layers.0.self_attn.v_proj.lora_A.weight', 2, 8],
      ['model.layers.0.self_attn.v_proj.lora_B.weight', 8, 2],
      ['model.layers.0.self_attn.o_proj.lora_A.weight', 2, 16],
      ['model.layers.0.self_attn.o_proj.lora_B.weight', 8, 2],
      ['lm_head.lora_A.weight', 2, 8],
      ['lm_head.lora_B.weight', 11, 2],
    ]);
    expect(targetModules).toEqual(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'lm_head']);
  });

  it('has only the MLP when only that is trained', () => {
    expect(adapterLayout(TOY, { ...TOY_LORA, trainAttn: false, trainUnembed: false }).targetModules).toEqual(['gate_proj', 'up_proj', 'down_proj']);
  });
});

describe('initialAdapter', () => {
  const layout = adapterLayout(TOY, TOY_LORA);

  it('draws first factors from the seed within 1 / sqrt(inputs), and leaves second factors zero', () => {
    const values = initialAdapter(layout, 7);
    layout.tensors.forEach(({ factor, shape }, index) => {
      const largest = Math.max(...(values[index] ?? []).map(Math.abs));
      if (factor === 'b') expect(largest).toBe(0);
      else expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(shape[1]));
      if (factor === 'a') expect(largest).toBeGreaterThan(0.5 / Math.sqrt(shape[1]));
    });
  });

  it('gives the same values for the same seed and others for another', () => {
    expect(initialAdapter(layout, 7)).toEqual(initialAdapter(layout, 7));
    expect(initialAdapter(layout, 2 ** 40 + 7)[0]).not.toEqual(initialAdapter(layout, 7)[0]);
  });
});

describe('RandomStream', () => {
  it('spreads evenly over 32 bits', () => {
    const stream = new RandomStream(1, 'even');
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 8000; i++) {
      const octant = stream.nextUint32() >>> 29;
      counts[octant] = (counts[octant] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(900);
    expect(Math.max(...counts)).toBeLessThan(1100);
  });

  it('differs by name', () => {
    const words = ['a', 'b', 'ab', 'ba'].map((name) => new RandomStream(1, name).nextUint32());
    expect(new Set(words).size).toBe(4);
  });
});
