/**
 * A loss of one's own, differentiated by a library: focal loss, which leaves alone what the model knows
 * already. jax-js builds it from operations on the log-probabilities and gives loss and gradient; the
 * server carries the gradient on into the model. Written out by hand it would be
 * `{ loss, gradients: [Float32Array, …] }`, nothing more.
 *
 *   node examples/custom-loss.mjs
 */
import { defaultDevice, init, numpy as np, valueAndGrad } from '@jax-js/jax';
import { ModelInput } from 'tinkerjs';
import { connect } from './connect.mjs';

const steps = 20;
const gamma = 2;

await init('wasm');
defaultDevice('wasm');

/** The focal loss of one datum: Σ -(1 - p)^γ · log p. jax-js consumes its arguments; `ref` keeps one. */
const focal = valueAndGrad((/** @type {np.Array} */ logprobs) => {
  const unsure = np.power(np.subtract(1, np.exp(logprobs.ref)), gamma);
  return np.sum(np.multiply(unsure, logprobs)).mul(-1);
});

/** @type {import('tinkerjs').CustomLoss} */
async function focalLoss(_data, logprobs) {
  let loss = 0;
  const gradients = [];
  for (const { data } of logprobs) {
    const [value, gradient] = focal(np.array(Float32Array.from(data, Number)));
    loss += Number(await value.data().then(([first]) => first));
    gradients.push(Float32Array.from(await gradient.data()));
  }
  return { loss, gradients, metrics: { focal: loss } };
}

const text = Buffer.from('A loss of your own keeps its place in the queue, like any other call.');
const datum = {
  modelInput: ModelInput.fromInts([...text.subarray(0, -1)]),
  lossFnInputs: { target_tokens: [...text.subarray(1)] },
};

const { service, baseModel, close } = await connect();
try {
  const training = await service.createLoraTrainingClient({ baseModel, rank: 8, seed: 1 });
  for (let step = 1; step <= steps; step += 1) {
    const pass = training.forwardBackwardCustom([datum], focalLoss);
    const update = training.optimStep({ learningRate: 0.01 }); // sent after the backward pass, without awaiting here
    const { loss } = await pass;
    await update;
    console.log(`step ${String(step).padStart(2)}  focal loss ${loss.toFixed(3)}`);
  }
} finally {
  await close();
}
