import { describe, expect, it, jest } from '@jest/globals';
import { TensorData } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { broken, type ReceivedRequest, type ScriptedServer } from '../support/scripted-server.js';
import { failed, plain500, wrongField } from '../support/skyrl-answers.js';
import { advanceUntil } from '../support/simulated.js';
import { skyrlTraining } from '../support/skyrl-server.js';

const shapeOf = ({ headers, body }: ReceivedRequest) => `${headers.get('content-type') === 'application/x-protobuf' ? 'protobuf' : 'json'} ${String(body['seq_id'])}`;
const passes = (server: ScriptedServer) => [...server.to('forward_backward'), ...server.to('forward')].map(shapeOf);
const matrix = TensorData.from([[0, 7], [0, 3]], 'int64');
const column = TensorData.from([[0], [7]], 'int64');

describe('the encoding of passes', () => {
  it('becomes JSON when the first protobuf is answered with 500 in plain text, and stays so', async () => {
    const { server, service, training } = await skyrlTraining('0.3');
    await training.forwardBackward([datum()], 'cross_entropy');
    await training.forwardBackward([datum()], 'cross_entropy');
    const other = await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 });
    await other.forwardBackward([datum()], 'cross_entropy');
    expect(passes(server)).toEqual(['protobuf 1', 'json 1', 'json 2', 'json 1']);
    await service.close();
  });

  it.each([400, 415, 422])('becomes JSON when the first protobuf is answered with %i', async (status) => {
    const { server, service, training } = await skyrlTraining('0.3');
    server.next('forward_backward', () => failed(status, 'cannot read this'));
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(passes(server)).toEqual(['protobuf 1', 'json 1']);
    await service.close();
  });

  it('becomes JSON over the reset that follows the 500', async () => {
    const { server, environment, service, training } = await skyrlTraining('0.3');
    server.next('forward_backward', plain500).next('forward_backward', () => broken());
    await advanceUntil(environment, training.forwardBackward([datum()], 'cross_entropy'));
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(passes(server)).toEqual(['protobuf 1', 'json 1', 'json 1', 'json 2']);
    await service.close();
  });

  it('stays protobuf where that is read', async () => {
    const { server, service, training } = await skyrlTraining('head');
    await training.forward([datum()], 'cross_entropy');
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(passes(server)).toEqual(['protobuf 1', 'protobuf 2']);
    await service.close();
  });

  it('can be named, so that nothing is tried', async () => {
    const { server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(passes(server)).toEqual(['json 1']);
    await service.close();
  });

  it.each(['0.3', 'head'] as const)('does not hide a loss that the server (SkyRL %s) does not have', async (release) => {
    const { server, service, training } = await skyrlTraining(release);
    const refused = await rejection(training.forwardBackward([datum()], 'dro'));
    expect(refused).toMatchObject({ kind: 'http', status: 422, message: expect.stringContaining("loss_fn: Input should be 'cross_entropy'") });
    expect(passes(server)).toEqual(release === 'head' ? ['protobuf 1'] : ['protobuf 1', 'json 1']);
    await service.close();
  });

  it('sends forward passes elsewhere in JSON, under another field', async () => {
    const { server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    await training.forward([datum()], 'cross_entropy');
    expect(server.to('forward_backward')).toEqual([]);
    expect(server.to('forward').map(({ path, text }) => [path, text])).toEqual([
      [
        '/api/v1/forward',
        '{"forward_input":{"data":[{"loss_fn_inputs":{"target_tokens":{"data":[2,3],"dtype":"int64","shape":[2]},"weights":{"data":[1,1],"dtype":"float32","shape":[2]}},' +
          `"model_input":{"chunks":[{"tokens":[1,2],"type":"encoded_text"}]}}],"loss_fn":"cross_entropy"},"model_id":"${training.modelId}","seq_id":1}`,
      ],
    ]);
    await service.close();
  });

  it('is never changed for a request that the server may have', async () => {
    const { server, environment, service, training } = await skyrlTraining('head');
    server.next('forward_backward', () => broken());
    await advanceUntil(environment, training.forwardBackward([datum()], 'cross_entropy'));
    expect(passes(server)).toEqual(['protobuf 1', 'protobuf 1']);
    await service.close();
  });

  it('was understood after all where JSON under the same number is a repetition: the client is wedged', async () => {
    const { server, service, training } = await skyrlTraining('head');
    server.next('forward_backward', () => plain500());
    server.next('forward_backward', () => failed(409, 'Training request sequence number was reused'));
    expect(await rejection(training.forwardBackward([datum()], 'cross_entropy'))).toMatchObject({ kind: 'wedged' });
    training.retry();
    await training.optimStep();
    expect(passes(server)).toEqual(['protobuf 1', 'json 1', 'protobuf 1']);
    await service.close();
  });
});

describe('results', () => {
  it('are asked for in either form, and read by their content type', async () => {
    for (const release of ['0.3', 'head'] as const) {
      const { server, service, training } = await skyrlTraining(release);
      const { lossFnOutputs, lossFnOutputType } = await training.forwardBackward([datum()], 'cross_entropy');
      expect([lossFnOutputType, lossFnOutputs]).toEqual([
        'scalar',
        [{ elementwise_loss: new TensorData(Float32Array.of(0.5)), logprobs: new TensorData(Float32Array.of(-0.5)) }],
      ]);
      expect(server.to('retrieve_future').at(-1)?.headers.get('accept')).toBe('application/x-protobuf, application/json');
      await service.close();
    }
  });
});

describe('tensors', () => {
  it('that are sparse are sent again dense where the server has none, and dense at once from then on', async () => {
    const { server, service, training } = await skyrlTraining('head');
    const data = () => [{ ...datum(), lossFnInputs: { target_tokens: column.toSparse() } }];
    await training.forwardBackward(data(), 'cross_entropy');
    await training.forwardBackward(data(), 'cross_entropy');
    expect(passes(server)).toEqual(['protobuf 1', 'protobuf 1', 'protobuf 2']);
    const sent = server.to('forward_backward').map(({ body }) => body['pass']);
    const dense = { data: [{ lossFnInputs: { target_tokens: new TensorData(Int32Array.of(0, 7)) } }] };
    expect(sent.slice(1)).toMatchObject([dense, dense]);
    await service.close();
  });

  it('that are sparse matrices are refused there: they would be read as one row', async () => {
    const { server, service, training } = await skyrlTraining('head');
    const data = () => [datum(), { ...datum(), lossFnInputs: { target_tokens: matrix.toSparse() } }];
    const refused = { kind: 'validation', field: 'data[1].lossFnInputs.target_tokens', message: expect.stringContaining('takes no sparse tensors') };
    expect(await rejection(training.forwardBackward(data(), 'cross_entropy'))).toMatchObject(refused);
    expect(await rejection(training.forwardBackward(data(), 'cross_entropy'))).toMatchObject(refused);
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(passes(server)).toEqual(['protobuf 1', 'protobuf 2']);
    await service.close();
  });

  it('that were refused for anything else are not sent again', async () => {
    const { server, service, training } = await skyrlTraining('head');
    server.next('forward_backward', () => wrongField('type', ['loss_fn_config'], 'no'));
    expect(await rejection(training.forwardBackward([{ ...datum(), lossFnInputs: { target_tokens: column.toSparse() } }], 'cross_entropy'))).toMatchObject({ status: 422 });
    expect(passes(server)).toEqual(['protobuf 1']);
    await service.close();
  });

  it('that are matrices go out in JSON with a warning', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { service, training } = await skyrlTraining('0.3');
    await training.forwardBackward([datum(), { ...datum(), lossFnInputs: { target_tokens: matrix } }], 'cross_entropy');
    expect(warn.mock.calls).toEqual([[expect.stringContaining('data[1].lossFnInputs.target_tokens is a matrix')]]);
    warn.mockRestore();
    await service.close();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('that hold %d are refused in JSON', async (weight) => {
    const { server, service, training } = await skyrlTraining('0.3', { encoding: 'json' });
    const refused = await rejection(training.forwardBackward([{ ...datum(), lossFnInputs: { target_tokens: [2, 3], weights: [1, weight] } }], 'cross_entropy'));
    expect(refused).toMatchObject({ kind: 'validation', field: 'data[0].lossFnInputs.weights[1]' });
    expect(passes(server)).toEqual([]);
    await service.close();
  });
});
