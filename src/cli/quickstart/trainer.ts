/**
 * A whole training program: LoRA on a text file, with checkpoints that a later run continues from.
 * It talks to the server that TINKER_BASE_URL and TINKER_API_KEY name, and prints one line of JSON
 * per step. Copy it as a start for your own.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ModelInput, ServiceClient, type Datum, type TrainingClient } from '../../index.js';

const { values: options } = parseArgs({
  options: {
    'text': { type: 'string', default: 'text.txt' },
    'base-model': { type: 'string', default: 'local/small' },
    'rank': { type: 'string', default: '8' },
    'seed': { type: 'string', default: '1' },
    'learning-rate': { type: 'string', default: '0.006' },
    'batch-size': { type: 'string', default: '8' },
    'sequence-length': { type: 'string', default: '64' },
    'first-step': { type: 'string', default: '1' },
    'last-step': { type: 'string', default: '80' },
    'save-after': { type: 'string' },
    'resume-from': { type: 'string' },
    'with-optimizer': { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const batchSize = Number(options['batch-size']);
const sequenceLength = Number(options['sequence-length']);
const tokensPerStep = batchSize * sequenceLength;

// Bytes serve as tokens: the local models have no other vocabulary, and with any other model the
// values 0 to 255 are valid token ids too, though they stand for something else there.
const tokens = Int32Array.from(await readFile(options.text));

/**
 * The data of one step. A resumed run must see what the first one would have seen, so a batch
 * depends on the seed and the step alone, never on a generator whose state a crash would lose. The
 * golden ratio spreads the starting points evenly over the text.
 */
function batch(step: number): Datum[] {
  return Array.from({ length: batchSize }, (_, row) => {
    const turn = (seed + step * batchSize + row) * 0.618033988749895;
    const start = Math.floor((turn - Math.floor(turn)) * (tokens.length - sequenceLength));
    const end = start + sequenceLength;
    return {
      modelInput: ModelInput.fromInts(tokens.subarray(start, end)),
      // Each position is to predict the token after it.
      lossFnInputs: {
        target_tokens: tokens.subarray(start + 1, end + 1),
        weights: new Float32Array(sequenceLength).fill(1),
      },
    };
  });
}

function report(event: object): void {
  console.log(JSON.stringify(event));
}

const service = new ServiceClient();

// Three ways to begin: from nothing, from a checkpoint, or from its weights with a fresh optimizer.
function begin(): Promise<TrainingClient> {
  const checkpoint = options['resume-from'];
  if (checkpoint === undefined) {
    return service.createLoraTrainingClient({ baseModel: options['base-model'], rank: Number(options.rank), seed });
  }
  return options['with-optimizer']
    ? service.createTrainingClientFromStateWithOptimizer(checkpoint)
    : service.createTrainingClientFromState(checkpoint);
}

try {
  const training = await begin();
  for (let step = Number(options['first-step']); step <= Number(options['last-step']); step++) {
    // Both are submitted before either is awaited: the queue keeps their order, and the server
    // need not wait for us between the two.
    const pass = training.forwardBackward(batch(step), 'cross_entropy');
    const update = training.optimStep({ learningRate: Number(options['learning-rate']) });

    const { metrics } = await pass;
    await update;
    const total = metrics['loss:sum'];
    if (total === undefined) throw new Error('The server does not report the metric loss:sum.');
    report({ event: 'step', step, loss: total / tokensPerStep });

    if (step === Number(options['save-after'])) {
      // Weights and optimizer state. A checkpoint without a time to live is kept for ever.
      const saved = await training.saveState(`step-${String(step).padStart(4, '0')}`, { ttlSeconds: 7 * 86_400 });
      report({ event: 'saved', step, path: saved.path });
    }
  }
} finally {
  await service.close();
}
