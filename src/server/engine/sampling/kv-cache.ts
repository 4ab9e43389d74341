/** The keys and values of the positions that a sequence has passed. */
import type { DecoderConfig } from '../base-models.js';

type Values = Float32Array<ArrayBuffer>;

const FIRST_CAPACITY = 32;

/** Keys and values of one layer; position p is at (p − start) · width. */
interface LayerCache {
  keys: Values;
  values: Values;
}

/**
 * A cache for one sequence. It may begin as the continuation of another one, which it then shares
 * and never changes: the samples of one prompt keep one copy of the prompt.
 */
export class KvCache {
  /** What comes before, complete. */
  readonly shared: KvCache | undefined;
  /** First position of its own. */
  readonly start: number;
  readonly #width: number;
  readonly #layers: LayerCache[];

  constructor(config: DecoderConfig, continues?: { readonly cache: KvCache; readonly length: number }) {
    this.shared = continues?.cache;
    this.start = continues?.length ?? 0;
    this.#width = config.kvHeads * config.headWidth;
    const empty = (): Values => new Float32Array(FIRST_CAPACITY * this.#width);
    this.#layers = Array.from({ length: config.layers }, () => ({ keys: empty(), values: empty() }));
  }

  /** Memory of its own positions. */
  get bytes(): number {
    return this.#layers.reduce((sum, { keys, values }) => sum + keys.byteLength + values.byteLength, 0);
  }

  /** Keys of a layer from `start` on. */
  keys(layer: number): Values {
    return this.#layer(layer).keys;
  }

  /** Values of a layer from `start` on. */
  values(layer: number): Values {
    return this.#layer(layer).values;
  }

  /** Takes in the key and the value of a position, found at `offset` of the arrays given. */
  write(layer: number, position: number, keys: Float64Array, values: Float64Array, offset: number): void {
    const own = this.#layer(layer);
    const at = (position - this.start) * this.#width;
    if (own.keys.length < at + this.#width) {
      own.keys = grown(own.keys);
      own.values = grown(own.values);
    }
    own.keys.set(keys.subarray(offset, offset + this.#width), at);
    own.values.set(values.subarray(offset, offset + this.#width), at);
  }

  /** A cache of its own with the first positions of this one, which shares nothing with anything. */
  copy(config: DecoderConfig, length: number): KvCache {
    const copied = new KvCache(config);
    copied.#layers.forEach((layer, index) => {
      const from = this.#layer(index);
      layer.keys = copyOf(from.keys, length * this.#width);
      layer.values = copyOf(from.values, length * this.#width);
    });
    return copied;
  }

  #layer(index: number): LayerCache {
    const found = this.#layers[index];
    if (found === undefined) throw new RangeError(`no layer ${index}`);
    return found;
  }
}

function grown(values: Values): Values {
  const larger = new Float32Array(values.length * 2);
  larger.set(values);
  return larger;
}

function copyOf(values: Values, length: number): Values {
  const copied = new Float32Array(Math.max(values.length, length));
  copied.set(values.subarray(0, length));
  return copied;
}
