/** Trains until a signal ends it, and says so after each step; for tests. */
import { ModelInput, ServiceClient } from '../../dist/client/index.js';

const tokens = Array.from({ length: 25 }, (_, at) => 40 + ((at * 7) % 80));
const data = [
  {
    modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
    lossFnInputs: { target_tokens: tokens.slice(1), weights: tokens.slice(1).map(() => 1) },
  },
];

const service = new ServiceClient();
const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
training.saveOnSignal();
console.log(JSON.stringify({ modelId: training.modelId }));
for (let step = 1; ; step += 1) {
  const { metrics } = await training.step(data, 'cross_entropy', { learningRate: 0.01 });
  console.log(JSON.stringify({ step, loss: metrics['loss:sum'] }));
}
