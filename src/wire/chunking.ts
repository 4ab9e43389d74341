import type { ModelInputChunk } from '../types/chunks.js';
import type { EncodableDatum, ModelInput } from '../types/data.js';
import type { TensorData } from '../types/tensor.js';

/** Limits of one request of a pass (wire protocol §4.3). */
export interface ChunkLimits {
  /** In datums. */
  readonly length: number;
  /** In estimated bytes. */
  readonly bytes: number;
}

/** Datums that go out in one request. */
export interface Chunk {
  readonly data: readonly EncodableDatum[];
  readonly bytes: number;
}

/**
 * Splits data, in order, into requests that keep the limits. A datum that is larger than the limit
 * goes alone; no chunk is ever empty.
 */
export function splitIntoChunks(data: readonly EncodableDatum[], limits: ChunkLimits): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let current: EncodableDatum[] = [];
  let bytes = 0;
  for (const datum of data) {
    const size = estimateBytes(datum);
    if (current.length > 0 && (bytes + size > limits.bytes || current.length >= limits.length)) {
      chunks.push({ data: current, bytes });
      current = [];
      bytes = 0;
    }
    current.push(datum);
    bytes += size;
  }
  if (current.length > 0) chunks.push({ data: current, bytes });
  return chunks;
}

const bytesPerToken = 4;
const bytesPerIndex = 8;

/** Estimated size of a datum on the wire (wire protocol §4.3). */
export function estimateBytes({ modelInput, lossFnInputs }: EncodableDatum): number {
  return Object.values(lossFnInputs).reduce((sum, tensor) => sum + tensorBytes(tensor), inputBytes(modelInput, bytesPerToken));
}

const promptBytesPerToken = 10;

/** Estimated size of a prompt in a sampling request (§4.7), where tokens are numbers in JSON. */
export function estimatePromptBytes(prompt: ModelInput): number {
  return inputBytes(prompt, promptBytesPerToken);
}

function inputBytes({ chunks }: ModelInput, perToken: number): number {
  return chunks.reduce((sum, chunk) => sum + chunkBytes(chunk, perToken), 0);
}

function chunkBytes(chunk: ModelInputChunk, perToken: number): number {
  switch (chunk.type) {
    case 'encoded_text':
      return chunk.tokens.length * perToken;
    case 'image':
      return chunk.data.length;
    case 'dmel':
      return chunk.dmel.length;
    case 'image_asset_pointer':
      return chunk.location.length;
  }
}

function tensorBytes({ data, dtype, csr }: TensorData): number {
  const values = data.length * (dtype === 'float32' ? 4 : 8);
  return csr === undefined ? values : values + (csr.crow.length + csr.col.length) * bytesPerIndex;
}
