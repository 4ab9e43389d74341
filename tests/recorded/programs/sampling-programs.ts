import { dmelChunk, imageAssetPointer, imageChunk, ModelInput, type ModelInputChunk, type SampleInput } from '../../../src/index.js';
import { smallClient, type Program } from './program.js';

const sampling: Program = {
  name: 'sampling',
  run: async ({ open }) => {
    const sampler = await open().createSamplingClient({ baseModel: 'local/tiny' });
    const prompt = ModelInput.fromInts([...Buffer.from('To be, or not')]);
    const sample = async (samplingParams: SampleInput['samplingParams'], more: Partial<SampleInput> = {}) => {
      await sampler.sample({ prompt, samplingParams, ...more });
    };
    await sample({ maxTokens: 1 });
    await sample({ maxTokens: 4, seed: 7, stop: ['x', '\n'], temperature: 0.7, topK: 5, topP: 0.9 }, { numSamples: 2 });
    await sample({ maxTokens: 2, seed: 7, stop: [120, 10], temperature: 0 });
    await sample({ maxTokens: 2, seed: 7, stop: 'x' });
    await sample({ maxTokens: 1, seed: 7 }, { includePromptLogprobs: true });
    await sample({ maxTokens: 1, seed: 7 }, { includePromptLogprobs: true, topkPromptLogprobs: 3 });
    await sampler.computeLogprobs(prompt);
  },
};

const atOnce: Program = {
  name: 'sampling-at-once',
  python: 'at_once',
  order: 'numbered',
  run: async ({ open }) => {
    const sampler = await open().createSamplingClient({ baseModel: 'local/tiny' });
    const tokens = [1, 2, 3, 4, 5, 6, 7, 8];
    await Promise.all(tokens.map((token) => sampler.sample({ prompt: [token], samplingParams: { maxTokens: 1, seed: token } })));
  },
};

const seeds: Program = {
  name: 'seeds',
  run: async ({ open }) => {
    const service = open();
    await smallClient(service, 2n ** 53n + 1n);
    const sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
    for (const seed of [0, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      await sampler.sample({ prompt: [1, 2, 3], samplingParams: { maxTokens: 1, seed } });
    }
  },
};

const png = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 255);
// A tensor container: bytes, in two frames of three.
const sound = dmelChunk(Uint8Array.of(4, 2, 2, 3, 0, 1, 2, 3, 4, 5));
const image = imageChunk({ data: png, format: 'png', expectedTokens: 2 });
const plain = imageChunk({ data: png, format: 'jpeg' });
const asset = imageAssetPointer({ location: 'assets/1.png', format: 'png', expectedTokens: 2 });

const promptOf = (...chunks: readonly ModelInputChunk[]) => new ModelInput([...ModelInput.fromInts([1, 2]).chunks, ...chunks]);

async function refused(operation: PromiseLike<unknown>): Promise<void> {
  const came = await Promise.resolve(operation).then(
    () => true,
    () => false,
  );
  if (came) throw new Error('the scripted failure did not come');
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

const images: Program = {
  name: 'images',
  script: failing,
  run: async ({ open }) => {
    const service = open();
    const sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
    for (const prompt of [promptOf(image), promptOf(plain), promptOf(asset), promptOf(sound, image)]) {
      await refused(sampler.sample({ prompt, samplingParams: { maxTokens: 1 } }));
    }
    const training = await smallClient(service);
    const lossFnInputs = { target_tokens: [1, 2, 3, 4], weights: [1, 1, 0, 0] };
    for (const chunk of [image, sound]) {
      await refused(training.forwardBackward([{ modelInput: promptOf(chunk), lossFnInputs }], 'cross_entropy'));
    }
  },
};

export const samplingPrograms: readonly Program[] = [sampling, atOnce, seeds, images];
