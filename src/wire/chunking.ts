import type { EncodableDatum } from '../types/data.js';
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

/** Estimated size of a datum on the wire (wire protocol §4.3). */
export function estimateBytes({ modelInput, lossFnInputs }: EncodableDatum): number {
  return Object.values(lossFnInputs).reduce((sum, tensor) => sum + tensorBytes(tensor), modelInput.length * bytesPerToken);
}

function tensorBytes({ dtype, size }: TensorData): number {
  return size * (dtype === 'float32' ? 4 : 8);
}
