import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ModelInput,
  type AdamParams,
  type CustomLoss,
  type Datum,
  type ForwardBackwardOutput,
  type ServiceClient,
  type TensorData,
  type TrainingClient,
} from '../../../src/index.js';
import { temporaryFolder } from '../../support/temporary.js';

/** A datum as both clients are given it; numbers of float32 inputs are exact in float32. */
export interface PlannedDatum {
  readonly tokens: readonly number[];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

/** What both clients do. */
export interface Plan {
  readonly model: string;
  readonly rank: number;
  readonly seed: number;
  readonly loss: string;
  readonly config: Readonly<Record<string, number>> | null;
  readonly batches: readonly (readonly PlannedDatum[])[];
  readonly adam: AdamParams;
}

const text = Buffer.from('The quick brown fox jumps over the lazy dog; the dog sleeps on, and the fox runs home.');

/** A datum of the loss in question: a stretch of the text, and what the loss needs besides, of the range it has in practice. */
export function plannedDatum(loss: string, number: number, length = 16): PlannedDatum {
  const start = (number * 7) % (text.length - length);
  const target_tokens = [...text.subarray(start + 1, start + length + 1)];
  const tokens = [...text.subarray(start, start + length)];
  if (loss === 'cross_entropy') return { tokens, inputs: { target_tokens, weights: tokens.map((_, at) => (at % 4) / 4) } };
  const advantages = tokens.map((_, at) => ((at + number) % 5) / 2 - 1);
  return { tokens, inputs: { target_tokens, logprobs: tokens.map((_, at) => -4 - (at % 8) / 4), advantages } };
}

/** Three batches of four datums, unless told otherwise. */
export function planOf(loss: string, changes: Partial<Plan> = {}): Plan {
  const batch = (step: number): readonly PlannedDatum[] => [0, 1, 2, 3].map((number) => plannedDatum(loss, step * 4 + number, 8 + 4 * number));
  return {
    model: 'local/tiny',
    rank: 8,
    seed: 7,
    loss,
    config: null,
    batches: [batch(0), batch(1), batch(2)],
    adam: { learningRate: 0.01, beta1: 0.875, beta2: 0.96875, eps: 1e-10, weightDecay: 0.01, gradClipNorm: 1 },
    ...changes,
  };
}

/** Writes a plan where a Python program reads it; gives the path. */
export async function planFile(plan: object): Promise<string> {
  const path = join(await temporaryFolder(), 'plan.json');
  await writeFile(path, JSON.stringify(plan));
  return path;
}

export const dataOf = (batch: readonly PlannedDatum[]): Datum[] =>
  batch.map(({ tokens, inputs }) => ({ modelInput: ModelInput.fromInts(tokens), lossFnInputs: inputs }));

const tensorOf = (tensor: TensorData): object => ({ dtype: tensor.dtype, shape: tensor.shape, data: tensor.toNumbers() });

/** A pass's result as the Python programs write it. */
export function passOf({ lossFnOutputType, lossFnOutputs, metrics }: ForwardBackwardOutput): object {
  const outputs = lossFnOutputs.map((each) => Object.fromEntries(Object.entries(each).map(([name, value]) => [name, tensorOf(value)])));
  return { type: lossFnOutputType, outputs, metrics };
}

export const createOf = async (service: ServiceClient, { model, rank, seed }: Plan): Promise<TrainingClient> =>
  await service.createLoraTrainingClient({ baseModel: model, rank, seed });

/** Carries the plan out with our client; gives what `sdk_train.py` writes, but for the model's id. */
export async function trainWithOurs(service: ServiceClient, plan: Plan): Promise<object> {
  const training = await createOf(service, plan);
  const config = plan.config ?? undefined;
  const submitted = plan.batches.map((batch) => ({
    pass: training.forwardBackward(dataOf(batch), plan.loss, config),
    step: training.optimStep(plan.adam),
  }));
  const after = training.forward(dataOf(plan.batches[0] ?? []), plan.loss, config);
  const results = await Promise.all(submitted.map(async ({ pass, step }) => ({ pass: passOf(await pass), step: (await step).metrics })));
  return { passes: results.map(({ pass }) => pass), steps: results.map(({ step }) => step), after: passOf(await after) };
}

/** Half the square of every log-probability, added up one by one in float32, as `sdk_custom_loss.py` has torch do it. */
const halfSquare: CustomLoss = (_data, logprobs) => {
  const values = logprobs.map(({ data }) => Float32Array.from(data, Number));
  const loss = values.flatMap((each) => [...each]).reduce((sum, value) => Math.fround(sum + Math.fround(value * value) / 2), 0);
  return { loss, gradients: values, metrics: { mine: values.length } };
};

/**
 * Carries the plan out with a custom loss; gives what `sdk_custom_loss.py` writes.
 * @param told how the SDK in question names the custom loss and its stand-in among the metrics
 */
export async function customWithOurs(service: ServiceClient, plan: Plan, told: 'stand-in only' | 'both'): Promise<object> {
  const training = await createOf(service, plan);
  const passes: object[] = [];
  const steps: unknown[] = [];
  for (const batch of plan.batches) {
    const { loss, metrics, ...output } = await training.forwardBackwardCustom(dataOf(batch), halfSquare);
    const both = { ...metrics, 'loss:sum': loss, 'surrogate_loss:sum': metrics['loss:sum'] ?? Number.NaN };
    passes.push(passOf({ ...output, metrics: told === 'both' ? both : metrics }));
    steps.push((await training.optimStep(plan.adam)).metrics);
  }
  return { passes, steps, after: passOf(await training.forward(dataOf(plan.batches[0] ?? []), 'cross_entropy')) };
}
