import {
  dmelChunk,
  imageAssetPointer,
  imageChunk,
  ModelInput,
  TensorData,
  TinkerError,
  type Datum,
  type LossFnConfig,
  type ModelInputChunk,
} from '../../../src/index.js';
import { smallClient, type Program } from './program.js';

const png = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 255);
// A tensor container: bytes, in two frames of three.
const sound = dmelChunk(Uint8Array.of(4, 2, 2, 3, 0, 1, 2, 3, 4, 5));
const image = imageChunk({ data: png, format: 'png', expectedTokens: 2 });
const plain = imageChunk({ data: png, format: 'jpeg' });
const asset = imageAssetPointer({ location: 'assets/1.png', format: 'png', expectedTokens: 2 });

const promptOf = (...chunks: readonly ModelInputChunk[]) => new ModelInput([...ModelInput.fromInts([1, 2]).chunks, ...chunks]);

async function refused(operation: PromiseLike<unknown>): Promise<void> {
  const outcome = await Promise.resolve(operation).catch((error: unknown) => error);
  if (!(outcome instanceof TinkerError) || outcome.kind !== 'requestFailed') throw outcome;
}

/** The engine sees nothing but text: what holds more is taken, and then fails. */
const failing: NonNullable<Program['script']> = () => {
  let taken = 0;
  return (target, body) => {
    if (target === '/api/v1/asample' || target === '/api/v1/forward_backward') {
      taken += 1;
      return { status: 200, json: { request_id: `scripted-${taken}` } };
    }
    if (target !== '/api/v1/retrieve_future' || !body.includes('scripted-')) return undefined;
    return { status: 200, json: { error: 'no images here', category: 'user' } };
  };
};

const unusual: Program = {
  name: 'unusual',
  script: failing,
  run: async ({ open }) => {
    const training = await smallClient(open());
    const attempt = async (tokens: readonly number[], lossFnInputs: Datum['lossFnInputs'], config?: LossFnConfig) => {
      await refused(training.forwardBackward([{ modelInput: ModelInput.fromInts(tokens), lossFnInputs }], 'dro', config));
    };
    const floats = (values: readonly number[], shape?: readonly number[]) => new TensorData(Float32Array.from(values), shape);

    await attempt([0, 2 ** 31 - 1], {
      target_tokens: new TensorData(BigInt64Array.of(-1n, 2n ** 62n)),
      weights: floats([NaN, -0]),
      limits: floats([Infinity, -Infinity, 1e-45, 3.4028235e38], [2, 2]),
    });
    await attempt([1], { scalar: floats([0.1], []), cube: new TensorData(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2]) });
    await attempt([1], { 'ünïcode ✓': floats([1]) }, { zero: 0, least: 5e-324, ünï: 1e308 });
    await attempt([1], { empty: floats([], [0]) }, { negative: -0 });
    const counted = Array.from({ length: 300 }, (_, index) => index);
    await attempt(counted, { weights: floats(counted.map((index) => 1 / (index + 1))) }, {});
  },
};

const images: Program = {
  name: 'images',
  script: failing,
  run: async ({ open }) => {
    const service = open();
    const sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
    for (const prompt of [promptOf(image), promptOf(plain), promptOf(asset), promptOf(sound, image)]) {
      await refused(sampler.sample({ prompt, samplingParams: {} }));
    }
    const training = await smallClient(service);
    const lossFnInputs = { target_tokens: [1, 2, 3, 4], weights: [1, 1, 0, 0] };
    for (const chunk of [image, sound]) {
      await refused(training.forwardBackward([{ modelInput: promptOf(chunk), lossFnInputs }], 'cross_entropy'));
    }
  },
};

export const unusualPrograms: readonly Program[] = [images, unusual];
