/**
 * A run that can be stopped at any time: it saves as it goes, and started again it finds its last checkpoint
 * and goes on with the next step, optimizer state included. Stop it with Ctrl-C, or just run it twice.
 *
 *   node examples/resume.mjs [RUN-NAME]
 */
import { ModelInput } from 'tinkerjs';
import { connect } from './connect.mjs';

const name = process.argv[2] ?? 'resume-example';
const stepsPerRun = 10;
const saveEvery = 5;

const text = Buffer.from('What is saved with its optimizer goes on as if it had never stopped.');
const datum = {
  modelInput: ModelInput.fromInts([...text.subarray(0, -1)]),
  lossFnInputs: { target_tokens: [...text.subarray(1)], weights: Array.from(text.subarray(1), () => 1) },
};

const { service, baseModel, close } = await connect();

/** The newest checkpoint of this run, and the step it holds: its name says both. */
async function lastCheckpoint() {
  for await (const { tinkerPath, checkpointType } of service.createRestClient().iterateUserCheckpoints()) {
    const saved = /\/weights\/(.+)-(\d+)$/.exec(tinkerPath);
    if (checkpointType === 'training' && saved?.[1] === name) return { path: tinkerPath, step: Number(saved[2]) };
  }
  return undefined;
}

try {
  const last = await lastCheckpoint();
  console.log(last === undefined ? `${name}: a new run` : `${name}: going on after step ${last.step}, from ${last.path}`);
  const training =
    last === undefined
      ? await service.createLoraTrainingClient({ baseModel, rank: 8, seed: 1 })
      : await service.createTrainingClientFromStateWithOptimizer(last.path);

  const first = (last?.step ?? 0) + 1;
  for (let step = first; step < first + stepsPerRun; step += 1) {
    const { metrics } = await training.step([datum], 'cross_entropy', { learningRate: 0.005 });
    console.log(`step ${String(step).padStart(3)}  loss ${((metrics['loss:sum'] ?? Number.NaN) / (text.length - 1)).toFixed(4)}`);
    if (step % saveEvery === 0) {
      const { path } = await training.saveState(`${name}-${step}`, { overwrite: true });
      console.log(`          saved ${path}`);
    }
  }
} finally {
  await close();
}
