import { ModelInputChunkFromJson, type ModelInputChunk } from '../types/chunks.js';
import type { EncodableDatum } from '../types/data.js';
import type { TensorData } from '../types/tensor.js';
import type { TensorValues } from '../types/tensor-values.js';
import type { Steps } from './steps.js';

const numbersEachStep = 16_384;
const longestText = 262_144;
const bytesEachStep = 1_048_576;

/**
 * Writes data as their codec would, byte for byte, in steps: the codec makes one array of all numbers, and of that one
 * text, during which nothing else can happen.
 * @param frame the message without any data
 */
export function* writeJsonData(frame: string, data: readonly EncodableDatum[]): Steps<string | Uint8Array<ArrayBuffer>> {
  const out = new JsonOut();
  const [before, after] = split(frame);
  out.add(before);
  for (const [index, datum] of data.entries()) {
    if (index > 0) out.add(',');
    yield* writeDatum(out, datum);
  }
  out.add(after);
  return yield* out.finish();
}

const noData = '"data":[]';

/** The data come first in a message. */
function split(frame: string): readonly [string, string] {
  const at = frame.indexOf(noData) + noData.length - 1;
  return [frame.slice(0, at), frame.slice(at)];
}

function* writeDatum(out: JsonOut, { lossFnInputs, modelInput }: EncodableDatum): Steps<void> {
  out.add('{"loss_fn_inputs":{');
  for (const [index, [name, tensor]] of Object.entries(lossFnInputs).entries()) {
    out.add(`${index > 0 ? ',' : ''}${JSON.stringify(name)}:`);
    yield* writeTensor(out, tensor);
  }
  out.add('},"model_input":{"chunks":[');
  for (const [index, chunk] of modelInput.chunks.entries()) {
    if (index > 0) out.add(',');
    yield* writeChunk(out, chunk);
  }
  out.add(']}}');
}

function* writeTensor(out: JsonOut, tensor: TensorData): Steps<void> {
  const { data, dtype, shape } = tensor.toDense();
  out.add('{"data":[');
  yield* writeNumbers(out, data);
  out.add(`],"dtype":${JSON.stringify(dtype)},"shape":${JSON.stringify(shape)}}`);
}

function* writeChunk(out: JsonOut, chunk: ModelInputChunk): Steps<void> {
  if (chunk.type !== 'encoded_text') {
    out.add(JSON.stringify(ModelInputChunkFromJson.encode(chunk)));
    return;
  }
  out.add('{"tokens":[');
  yield* writeNumbers(out, chunk.tokens);
  out.add('],"type":"encoded_text"}');
}

function* writeNumbers(out: JsonOut, values: TensorValues): Steps<void> {
  for (let from = 0; from < values.length; from += numbersEachStep) {
    const numbers = Array.from<number | bigint, number>(values.subarray(from, from + numbersEachStep), Number);
    out.add(`${from > 0 ? ',' : ''}${JSON.stringify(numbers).slice(1, -1)}`);
    out.numbers += numbers.length;
    if (out.numbers < numbersEachStep) continue;
    out.numbers = 0;
    yield;
  }
}

/** A text in the making: one of many megabytes is bytes from the beginning, which need not be written again to be sent. */
class JsonOut {
  /** Written since the last step. */
  numbers = 0;
  readonly #written: Buffer[] = [];
  #text: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#text.push(text);
    this.#length += text.length;
    if (this.#length > longestText) this.#flush();
  }

  *finish(): Steps<string | Uint8Array<ArrayBuffer>> {
    if (this.#written.length === 0) return this.#text.join('');
    this.#flush();
    const bytes = new Uint8Array(this.#written.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    let before = 0;
    for (const part of this.#written) {
      bytes.set(part, at);
      at += part.length;
      if (at - before < bytesEachStep) continue;
      before = at;
      yield;
    }
    return bytes;
  }

  #flush(): void {
    this.#written.push(Buffer.from(this.#text.join('')));
    this.#text = [];
    this.#length = 0;
  }
}
