import type { TrainingClient } from '../training-client.js';
import type { TrainingCheckpointPath } from '../types/ids.js';
import type { Tools } from './tools.js';
import { datum, lossOf } from './data.js';

/** A checkpoint, and how training went on from there. */
export interface Moment {
  readonly path: TrainingCheckpointPath;
  /** The loss of each step after it. */
  readonly losses: readonly number[];
}

const steps = 3;

/** Trains a little, saves, and trains on. */
export async function saveMoment(tools: Tools): Promise<Moment> {
  const training = await tools.training.get();
  await trainOn(tools, training);
  const { path } = await training.saveState(tools.name('state'), tools.limits);
  tools.traces.checkpoint(path);
  return { path, losses: await trainOn(tools, training) };
}

/** The losses of some steps, always the same ones. */
export async function trainOn({ limits }: Tools, training: TrainingClient): Promise<readonly number[]> {
  const made = Array.from({ length: steps }, () => training.step([datum()], 'cross_entropy', { learningRate: 0.003 }, limits));
  return (await Promise.all(made)).map(lossOf);
}
