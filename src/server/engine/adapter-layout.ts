/**
 * Which LoRA tensors a model has, in one fixed order.
 *
 * Names and shapes are those of PEFT, so an adapter file can be read by other tools. The order is
 * the order of the tensors in files, in gradients and in the global gradient norm.
 */
import type { DecoderConfig } from './base-models.js';
import { LAYER_PROJECTIONS, projectionShape } from './base-weights.js';
import type { LayerProjection, ProjectionShape } from './base-weights.js';
import type { LoraSettings } from './engine.js';
import { fillUniform, RandomStream } from './random.js';

/** Numerator of the adapter's scale: the update is (LORA_ALPHA / rank) · B · A. */
export const LORA_ALPHA = 32;

const ATTENTION: readonly LayerProjection[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];

/** One adapter tensor. */
export interface AdapterTensor {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly size: number;
  /** The first factor (`a`, [rank, inputs]) is drawn from the seed, the second (`b`, [outputs, rank]) starts at zero. */
  readonly factor: 'a' | 'b';
}

/** Where the two factors of one projection's adapter are in the list of tensors. */
export interface AdapterSlots {
  readonly a: number;
  readonly b: number;
}

/** The adapter tensors of a model and where the decoder finds them. */
export interface AdapterLayout {
  readonly tensors: readonly AdapterTensor[];
  readonly layers: readonly Readonly<Partial<Record<LayerProjection, AdapterSlots>>>[];
  readonly unembedding: AdapterSlots | undefined;
  /** Names of the adapted modules, as `target_modules` lists them. */
  readonly targetModules: readonly string[];
}

/** Lists the adapter tensors of a model. */
export function adapterLayout(config: DecoderConfig, lora: LoraSettings): AdapterLayout {
  const tensors: AdapterTensor[] = [];
  const add = (module: string, { outputs, inputs }: ProjectionShape): AdapterSlots => {
    const a = tensors.push(tensor(`${module}.lora_A.weight`, [lora.rank, inputs], 'a')) - 1;
    const b = tensors.push(tensor(`${module}.lora_B.weight`, [outputs, lora.rank], 'b')) - 1;
    return { a, b };
  };
  const chosen = LAYER_PROJECTIONS.filter((projection) => (
    ATTENTION.includes(projection) ? lora.trainAttn : lora.trainMlp
  ));
  const layers = Array.from({ length: config.layers }, (_, layer) => {
    const slots: Partial<Record<LayerProjection, AdapterSlots>> = {};
    for (const projection of chosen) {
      const block = ATTENTION.includes(projection) ? 'self_attn' : 'mlp';
      slots[projection] = add(
        `base_model.model.model.layers.${layer}.${block}.${projection}`,
        projectionShape(config, projection),
      );
    }
    return slots;
  });
  const unembedding = lora.trainUnembed
    ? add('base_model.model.lm_head', { outputs: config.vocabSize, inputs: config.width })
    : undefined;
  return { tensors, layers, unembedding, targetModules: lora.trainUnembed ? [...chosen, 'lm_head'] : [...chosen] };
}

/** Fresh adapter values: first factors from the seed, as PEFT draws them; second factors zero. */
export function initialAdapter(layout: AdapterLayout, seed: number): Float32Array<ArrayBuffer>[] {
  return layout.tensors.map(({ name, shape, size, factor }) => {
    const values = new Float32Array(size);
    if (factor === 'a') fillUniform(values, 1 / Math.sqrt(shape[1]), new RandomStream(seed, name));
    return values;
  });
}

function tensor(name: string, shape: readonly [number, number], factor: 'a' | 'b'): AdapterTensor {
  return { name, shape, size: shape[0] * shape[1], factor };
}
