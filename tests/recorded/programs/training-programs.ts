import type { CustomLoss, Datum, LossFn, LossFnConfig, TrainingClient } from '../../../src/index.js';
import { matrixDatum, plainDatum, policyDatum, sparseDatum, textDatum } from './data.js';
import { smallClient, type Program } from './program.js';

const pass = (training: TrainingClient, datum: Datum, lossFn: LossFn, config?: LossFnConfig) =>
  training.forwardBackward([datum], lossFn, config);

const training: Program = {
  name: 'training',
  run: async ({ open }) => {
    const client = await smallClient(open());
    await client.forward([textDatum()], 'cross_entropy');
    await client.forwardBackward([textDatum(), textDatum('Ünïcödé ✓')], 'cross_entropy');
    await client.optimStep();
    await pass(client, plainDatum(), 'cross_entropy');
    await pass(client, matrixDatum(), 'cross_entropy');
    await pass(client, sparseDatum(), 'cross_entropy');
    await pass(client, policyDatum(), 'importance_sampling');
    await pass(client, policyDatum(), 'ppo', { clip_low_threshold: 0.9, clip_high_threshold: 1.1 });
    await pass(client, policyDatum(), 'cispo', { clip_high_threshold: 2 });
    await client.optimStep({ learningRate: 3e-5, beta1: 0.8, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, gradClipNorm: 1.5 });
    await client.optimStep({ learningRate: 0.001 });
  },
};

const pipelined: Program = {
  name: 'pipelined',
  order: 'pipelined',
  run: async ({ open }) => {
    const client = await smallClient(open());
    const operations: PromiseLike<unknown>[] = [];
    for (const step of [0, 1, 2]) {
      operations.push(pass(client, textDatum(`step ${step}`), 'cross_entropy'));
      operations.push(client.optimStep({ learningRate: 0.001 * (step + 1) }));
    }
    operations.push(client.saveState('pipelined'));
    await Promise.all(operations);
  },
};

const chunks: Program['run'] = async ({ open }) => {
  const client = await smallClient(open());
  await client.forward([textDatum('first')], 'cross_entropy');
  const data = [0, 1, 2, 3, 4].map((index) => textDatum(`example number ${index}`));
  await Promise.all([
    client.forwardBackward(data, 'cross_entropy'),
    client.optimStep(),
    client.forward(data.slice(0, 3), 'cross_entropy'),
  ]);
};

const compressed: Program = {
  name: 'compressed',
  clientConfig: { proto_compress_fwdbwd: true },
  run: async ({ open }) => {
    const client = await smallClient(open());
    await client.forwardBackward(Array.from({ length: 8 }, () => textDatum()), 'cross_entropy');
  },
};

/** Linear, so that what is sent does not hang on the last bit of what the server works out. */
const rising: CustomLoss = (_, logprobs) => {
  const gradients = logprobs.map(({ size }) => Array.from({ length: size }, (_value, place) => (place + 1) / 4));
  const values = logprobs.map((tensor) => tensor.toNumbers());
  const loss = values.flatMap((of, datum) => of.map((value, place) => value * (gradients[datum]?.[place] ?? 0)));
  return { loss: loss.reduce((sum, part) => sum + part, 0), gradients, metrics: { custom: 1 } };
};

const customLoss: Program = {
  name: 'custom-loss',
  python: 'custom_loss',
  torch: true,
  run: async ({ open }) => {
    const client = await smallClient(open());
    const full = textDatum('no weights');
    const weightless = { ...full, lossFnInputs: { target_tokens: full.lossFnInputs['target_tokens'] ?? [] } };
    await client.forwardBackwardCustom([textDatum(), weightless], rising);
    await client.optimStep();
  },
};

export const trainingPrograms: readonly Program[] = [
  training,
  pipelined,
  { name: 'chunks', order: 'numbered', clientConfig: { fwdbwd_max_chunk_len: 2 }, run: chunks },
  {
    name: 'serial-chunks',
    python: 'chunks',
    order: 'pipelined',
    clientConfig: { fwdbwd_max_chunk_bytes_count: 700, parallel_fwdbwd_chunks: false },
    run: chunks,
  },
  compressed,
  customLoss,
];
