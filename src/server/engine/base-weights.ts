/**
 * The frozen weights of a base model.
 *
 * The scales are chosen for what an adapter can make of them: every sub-layer passes on unit
 * variance (bound sqrt(3 / inputs), the last projection of a sub-layer shrunk by the depth), so
 * token and position stay visible in the final state; the unembedding is small, so the untrained
 * logits are nearly uniform and the loss starts at ln(vocabSize) and not above.
 */
import type { DecoderConfig } from './base-models.js';
import { fillUniform, RandomStream } from './random.js';

/** Standard deviation of the unembedding's entries, and of a tied embedding table. */
export const UNEMBEDDING_STD = 0.02;

/** The projections of one layer that may carry an adapter, in order of use. */
export const LAYER_PROJECTIONS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type LayerProjection = (typeof LAYER_PROJECTIONS)[number];

/** Numbers of outputs and inputs of a projection; weights are stored row by row as [outputs, inputs]. */
export interface ProjectionShape {
  readonly outputs: number;
  readonly inputs: number;
}

/** Shape of one layer projection. */
export function projectionShape(config: DecoderConfig, projection: LayerProjection): ProjectionShape {
  const { width, mlpWidth } = config;
  const queries = config.heads * config.headWidth;
  const keys = config.kvHeads * config.headWidth;
  switch (projection) {
    case 'q_proj': return { outputs: queries, inputs: width };
    case 'k_proj':
    case 'v_proj': return { outputs: keys, inputs: width };
    case 'o_proj': return { outputs: width, inputs: queries };
    case 'gate_proj':
    case 'up_proj': return { outputs: mlpWidth, inputs: width };
    case 'down_proj': return { outputs: width, inputs: mlpWidth };
  }
}

/** The frozen tensors in plain arrays; norm gains are one and therefore not stored. */
export interface BaseWeights {
  /** [vocabSize, width] */
  readonly embedding: Float32Array<ArrayBuffer>;
  /** [vocabSize, width]; the same array as `embedding` when the two are tied. */
  readonly unembedding: Float32Array<ArrayBuffer>;
  readonly layers: readonly Readonly<Record<LayerProjection, Float32Array<ArrayBuffer>>>[];
}

/** Draws the frozen weights of a base model; the same bits every time. */
export function makeBaseWeights(config: DecoderConfig): BaseWeights {
  const draw = (name: string, size: number, std: number): Float32Array<ArrayBuffer> => {
    const values = new Float32Array(size);
    fillUniform(values, std * Math.sqrt(3), new RandomStream(config.seed, name));
    return values;
  };
  const tableSize = config.vocabSize * config.width;
  const embedding = draw('embed_tokens', tableSize, UNEMBEDDING_STD);
  const depthScale = 1 / Math.sqrt(2 * config.layers);
  const project = (layer: number, projection: LayerProjection): Float32Array<ArrayBuffer> => {
    const { outputs, inputs } = projectionShape(config, projection);
    const last = projection === 'o_proj' || projection === 'down_proj';
    return draw(`layers.${layer}.${projection}`, outputs * inputs, (last ? depthScale : 1) / Math.sqrt(inputs));
  };
  return {
    embedding,
    unembedding: config.tiedUnembedding ? embedding : draw('lm_head', tableSize, UNEMBEDDING_STD),
    layers: Array.from({ length: config.layers }, (_, layer) => ({
      q_proj: project(layer, 'q_proj'),
      k_proj: project(layer, 'k_proj'),
      v_proj: project(layer, 'v_proj'),
      o_proj: project(layer, 'o_proj'),
      gate_proj: project(layer, 'gate_proj'),
      up_proj: project(layer, 'up_proj'),
      down_proj: project(layer, 'down_proj'),
    })),
  };
}
