import { createHash } from 'node:crypto';
import { ModelInput } from 'tinkerjs';

/** @typedef {import('tinkerjs').TrainingClient} TrainingClient */

export const lora = { baseModel: 'local/tiny', rank: 1, seed: 7, trainMlp: false, trainUnembed: false };
const learningRate = 0.01;
const samplingParams = { maxTokens: 2, temperature: 0 };
const prompt = ModelInput.fromInts([65, 66]);

/** All have one length, so that nothing has to be compiled for them but once. @param {string} data a letter per datum */
export function datumsOf(data) {
  return [...data].map((letter) => {
    const token = letter.charCodeAt(0);
    return { modelInput: ModelInput.fromInts([token, token + 1]), lossFnInputs: { target_tokens: [token + 1, token + 2], weights: [1, 0.5] } };
  });
}

/** @param {TrainingClient} training @param {string} data */
export function pass(training, data) {
  return training.forwardBackward(datumsOf(data), 'cross_entropy');
}

/** @param {TrainingClient} training @param {string} data */
export function forward(training, data) {
  return training.forward(datumsOf(data), 'cross_entropy');
}

/** The loss is half the sum of the log-probabilities' squares. @param {TrainingClient} training @param {string} data */
export function custom(training, data) {
  return training.forwardBackwardCustom(datumsOf(data), (_, logprobs) => {
    const values = logprobs.map(({ data: given }) => Array.from(given, Number));
    return { loss: values.flat().reduce((sum, value) => sum + (value * value) / 2, 0), gradients: values };
  });
}

/** @param {TrainingClient} training */
export function optim(training) {
  return training.optimStep({ learningRate });
}

/** @param {TrainingClient} training @param {string} data */
export function step(training, data) {
  return training.step(datumsOf(data), 'cross_entropy', { learningRate });
}

/** @param {import('tinkerjs').SamplingClient} sampling */
export async function sample(sampling) {
  const { sequences } = await sampling.sample({ prompt, numSamples: 1, samplingParams });
  return digestOf(sequences.map(({ tokens }) => tokens));
}

/** What a pass told, bit for bit, a digest per datum. @param {import('tinkerjs').ForwardBackwardOutput} output */
export function digestsOf({ lossFnOutputs }) {
  return lossFnOutputs.map(({ logprobs }) => digestOf(Array.from(logprobs?.data ?? [], Number)));
}

/** @param {unknown} value */
function digestOf(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
