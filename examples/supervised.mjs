/**
 * Supervised fine-tuning on a JSONL file: one object per line, with `prompt` and `completion`. Only the
 * completion counts for the loss. Afterwards the model answers the prompts itself.
 *
 *   node examples/supervised.mjs [FILE.jsonl]
 */
import { readFile } from 'node:fs/promises';
import cliProgress from 'cli-progress';
import { ModelInput } from 'tinkerjs';
import { connect } from './connect.mjs';

const steps = 100;
const learningRate = 0.01;
const file = process.argv[2] ?? new URL('data/capitals.jsonl', import.meta.url);

/** @type {{ prompt: string, completion: string }[]} */
const examples = (await readFile(file, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));

const { service, baseModel, close } = await connect();
try {
  const training = await service.createLoraTrainingClient({ baseModel, rank: 16, seed: 1 });
  const tokenizer = await training.getTokenizer();

  const data = examples.map(({ prompt, completion }) => {
    const promptTokens = tokenizer.encode(prompt);
    const answer = tokenizer.encode(completion);
    const end = tokenizer.eosTokenId;
    const tokens = [...promptTokens, ...answer, ...(end === undefined ? [] : [end])];
    // Position t is to predict the token after it; what predicts a token of the prompt weighs nothing.
    const weights = tokens.slice(1).map((_, at) => (at + 1 < promptTokens.length ? 0 : 1));
    return {
      modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
      lossFnInputs: { target_tokens: tokens.slice(1), weights },
    };
  });
  const counted = data.flatMap(({ lossFnInputs }) => lossFnInputs.weights).filter((weight) => weight > 0).length;

  const bar = new cliProgress.SingleBar({ format: 'training {bar} step {value}/{total}, loss {loss} nats per token' });
  bar.start(steps, 0, { loss: '…' });
  for (let step = 1; step <= steps; step += 1) {
    // Both requests leave at once: the server goes on to the optimizer step without waiting for us.
    const { metrics } = await training.step(data, 'cross_entropy', { learningRate });
    bar.update(step, { loss: ((metrics['loss:sum'] ?? Number.NaN) / counted).toFixed(4) });
  }
  bar.stop();

  const sampler = await training.saveWeightsAndGetSamplingClient();
  const answers = await Promise.all(
    examples.map(({ prompt }) =>
      sampler.sample({ prompt: tokenizer.encode(prompt), samplingParams: { maxTokens: 16, temperature: 0 } }),
    ),
  );
  answers.forEach(({ sequences: [best] }, at) => {
    console.log(`${examples[at]?.prompt}${tokenizer.decode(best?.tokens ?? [], { skipSpecialTokens: true })}`);
  });
  const { path } = await training.saveState('supervised', { overwrite: true });
  console.log(`saved to ${path}`);
} finally {
  await close();
}
