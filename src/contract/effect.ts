import type { LoraTrainingOptions } from '../service/model-options.js';
import type { AdamSettings } from '../training/training-input.js';
import type { Tools } from './tools.js';
import { datum, lossOf } from './data.js';

/** What is different about a training step. */
export interface StepChoice {
  readonly model?: Partial<LoraTrainingOptions>;
  readonly adam?: AdamSettings;
  /** Of every target; default 1. */
  readonly weight?: number;
}

/** By how much one step lowers the loss of a new model; the loss itself is always that with weights of 1. */
export async function effectOf(tools: Tools, { model, adam = { learningRate: 0.01 }, weight = 1 }: StepChoice = {}): Promise<number> {
  return tools.traces.using(await tools.model(model), async (training) => {
    const pass = training.forwardBackward([datum(12, { weight })], 'cross_entropy', undefined, tools.limits);
    const step = training.optimStep(adam, tools.limits);
    const after = await training.forward([datum()], 'cross_entropy', undefined, tools.limits);
    await step;
    return lossOf(await pass) - lossOf(after);
  });
}

/** Settings with which a step is proportional to the gradient instead of having the learning rate's size. */
export const proportional: AdamSettings = { learningRate: 1, eps: 10_000 };
