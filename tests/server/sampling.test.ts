import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { adamStep, textPass, wireClient, type WireClient } from '../support/wire-client.js';

const text = 'the cat sat on the mat. the cat sat on the mat. the cat sat on ';
const steps = 80;

let server: ServerProcess;
let client: WireClient;
let modelId: string;
let samplerId: string;

beforeAll(async () => {
  server = await startServerProcess();
  client = wireClient(server);
  let sessionId: string;
  ({ modelId, sessionId } = await client.openModel(8));
  for (let step = 0; step < steps; step += 1) {
    await client.post('forward_backward', textPass(modelId, 2 * step + 1, text));
    // Smaller steps towards the end, so that the last of them does not decide what was learnt.
    const adam = { learning_rate: 0.01 * (1 - step / steps) };
    await client.post('optim_step', { ...adamStep(modelId, 2 * step + 2), adam_params: adam });
  }
  const saved = await client.run('save_weights_for_sampler', { model_id: modelId, sampling_session_seq_id: 0, seq_id: 2 * steps + 1 });
  samplerId = String(saved['sampling_session_id']);
  expect(samplerId).toBe(`${sessionId}:sample:0`);
}, 60_000);

afterAll(async () => {
  await server.close();
});

interface Sequence {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly stop_reason: string;
}

let count = 0;

async function sample(prompt: string, params: object, numSamples = 1): Promise<readonly Sequence[]> {
  const chunks = [{ tokens: [...Buffer.from(prompt)], type: 'encoded_text' }];
  count += 1;
  const request = { num_samples: numSamples, prompt: { chunks }, sampling_params: params, sampling_session_id: samplerId, seq_id: count };
  const { sequences } = await client.run('asample', request);
  const drawn: readonly Sequence[] = Array.isArray(sequences) ? sequences : [];
  return drawn;
}

async function said(prompt: string, params: object): Promise<{ text: string; stopReason: string }> {
  const [sequence = { tokens: [], stop_reason: 'none' }] = await sample(prompt, params);
  return { text: Buffer.from(sequence.tokens).toString(), stopReason: sequence.stop_reason };
}

/** A pass over what was sampled, with the log-probabilities that sampling gave. */
function policyPass(seqId: number, prompt: string, sequences: readonly Sequence[]): object {
  const tensor = (data: readonly number[], dtype: string): object => ({ data, dtype, shape: [data.length] });
  const before = [...Buffer.from(prompt)];
  const data = sequences.map(({ tokens, logprobs }) => {
    const all = [...before, ...tokens];
    const padded = (values: readonly number[]): object => tensor([...before.slice(1).map(() => 0), ...values], 'float32');
    return {
      model_input: { chunks: [{ tokens: all.slice(0, -1), type: 'encoded_text' }] },
      loss_fn_inputs: { target_tokens: tensor(all.slice(1), 'int64'), logprobs: padded(logprobs), advantages: padded(tokens.map(() => 1)) },
    };
  });
  return { forward_backward_input: { data, loss_fn: 'importance_sampling' }, model_id: modelId, seq_id: seqId };
}

describe('a model that was trained', () => {
  it('says what it has learnt', async () => {
    expect(await said('the cat', { max_tokens: 17, temperature: 0 })).toEqual({ text: ' sat on the mat. ', stopReason: 'length' });
  });

  it('stops where it is told to', async () => {
    expect(await said('the cat', { max_tokens: 40, temperature: 0, stop: ['dog', 'mat.'] })).toEqual({ text: ' sat on the mat.', stopReason: 'stop' });
  });

  it('scores its samples in training as it did in sampling', async () => {
    const sequences = await sample('the ', { max_tokens: 24, temperature: 1.5, seed: 11 }, 4);
    const { metrics, loss_fn_outputs: outputs } = await client.run('forward_backward', policyPass(2 * steps + 2, 'the ', sequences));
    const scored = Array.isArray(outputs) ? outputs.map((record: { logprobs: { data: readonly number[] } }) => record.logprobs.data.slice(3)) : [];
    sequences.forEach(({ logprobs }, index) => {
      expect(scored[index]).toHaveLength(logprobs.length);
      logprobs.forEach((logprob, t) => {
        expect(Math.abs(logprob - (scored[index]?.[t] ?? Number.NaN))).toBeLessThan(1e-4);
      });
    });
    // Every ratio is 1, so the loss counts the tokens.
    const tokens = sequences.reduce((sum, sequence) => sum + sequence.tokens.length, 0);
    expect(metrics).toEqual({ 'loss:sum': expect.closeTo(-tokens, 2) as unknown });
  });

  it('is sampled as it was when it was saved, whatever is trained afterwards', async () => {
    const before = await sample('the ', { max_tokens: 10, seed: 5 });
    await client.run('optim_step', adamStep(modelId, 2 * steps + 3));
    expect(await sample('the ', { max_tokens: 10, seed: 5 })).toEqual(before);
  });
});
