import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { ModelInput, TensorData, type CustomLoss, type Datum, type ServiceClient, type TrainingClient } from '../../src/index.js';
import { liveService, logprobBits } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { decodePassRequest } from '../../src/wire/pass-request-proto.js';

const tokens = Array.from(Buffer.from('The dog sleeps.'));
const first = [...tokens.slice(1), 10];
const second = tokens.map((token) => (token % 2 === 0 ? token + 1 : 0));
const target = TensorData.from(tokens.map((_, row) => [first[row] ?? 0, 0, 0, 0, 0, second[row] ?? 0]), 'int64');
const weights = TensorData.from(tokens.map((_, row) => [row % 3 === 0 ? 1 : 0, 0, 0, 0, 0, row % 5 === 0 ? -0.5 : 0]), 'float32');

function datum(inputs: Datum['lossFnInputs']): Datum[] {
  return [{ modelInput: ModelInput.fromInts(tokens), lossFnInputs: inputs }];
}

describe('several targets per position on a server that really trains', () => {
  let server: ServerProcess;
  let service: ServiceClient;
  /** Of every pass in protobuf, whether its targets and weights were sparse. */
  const sent: (readonly boolean[])[] = [];
  const model = async (): Promise<TrainingClient> => await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 3 });

  beforeAll(async () => {
    server = await startServerProcess();
    service = liveService(server, {
      fetch: async (input, init) => {
        const request = new Request(input, init);
        if (request.url.endsWith('/forward_backward')) {
          const body = decodePassRequest(new Uint8Array(await request.clone().arrayBuffer()));
          if (E.isRight(body)) sent.push(body.right.pass.data.flatMap(({ lossFnInputs }) => Object.values(lossFnInputs).map(({ csr }) => csr !== undefined)));
        }
        return await fetch(request);
      },
    });
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await server.close();
  });

  it('train the same sent sparse and sent dense, in protobuf', async () => {
    const [sparse, dense] = await Promise.all([model(), model()]);
    sent.length = 0;
    const one = sparse.forwardBackward(datum({ target_tokens: target.toSparse(), weights: weights.toSparse() }), 'cross_entropy');
    const other = dense.forwardBackward(datum({ target_tokens: target, weights }), 'cross_entropy');
    await Promise.all([sparse.optimStep({ learningRate: 0.01 }), dense.optimStep({ learningRate: 0.01 })]);
    const output = await one;
    expect(output).toEqual(await other);
    expect(output.lossFnOutputs[0]?.['logprobs']?.shape).toEqual([tokens.length, 6]);
    expect(sent).toEqual([[true, true], [false, false]]);
    const bits = await logprobBits(sparse);
    expect(bits).toBe(await logprobBits(dense));
    expect(bits).not.toBe(await logprobBits(await model()));
  }, 60_000);

  it('get the log-probabilities of each column', async () => {
    const training = await model();
    const matrix = await training.forward(datum({ target_tokens: target, weights }), 'cross_entropy');
    const columns = await Promise.all([first, second].map((column) => training.forward(datum({ target_tokens: column }), 'cross_entropy')));
    const rows = matrix.lossFnOutputs[0]?.['logprobs']?.toNumbers() ?? [];
    [0, 5].forEach((at, index) => {
      const alone = columns[index]?.lossFnOutputs[0]?.['logprobs']?.toNumbers() ?? [];
      expect(alone).toHaveLength(tokens.length);
      alone.forEach((value, row) => {
        expect(rows[row * 6 + at]).toBeCloseTo(value, 4);
      });
    });
  }, 60_000);

  it('train by a custom loss to the same bits as by the cross-entropy that it is', async () => {
    const [custom, own] = await Promise.all([model(), model()]);
    const factors = weights.toNumbers();
    const shapes: unknown[] = [];
    const loss: CustomLoss = (_, logprobs) => {
      shapes.push(logprobs.map(({ shape }) => shape));
      const values = logprobs.flatMap((matrix) => matrix.toNumbers());
      return { loss: values.reduce((sum, p, index) => sum - p * (factors[index] ?? 0), 0), gradients: [factors.map((factor) => -factor)] };
    };
    const pass = custom.forwardBackwardCustom(datum({ target_tokens: target.toSparse() }), loss);
    const reference = own.forwardBackward(datum({ target_tokens: target, weights }), 'cross_entropy');
    await Promise.all([custom.optimStep({ learningRate: 0.01 }), own.optimStep({ learningRate: 0.01 })]);
    expect((await pass).loss).toBeCloseTo((await reference).metrics['loss:sum'] ?? Number.NaN, 3);
    expect(shapes).toEqual([[[tokens.length, 6]]]);
    expect(await logprobBits(custom)).toBe(await logprobBits(own));
  }, 60_000);

  it('are refused with weights of another shape', async () => {
    const training = await model();
    await expect(training.forwardBackward(datum({ target_tokens: target, weights: tokens.map(() => 1) }), 'cross_entropy')).rejects.toMatchObject({
      message: expect.stringContaining('data[0].loss_fn_inputs.weights: has shape [15], expected [15, 6], which is that of target_tokens.') as unknown,
    });
  }, 60_000);
});
