import { describe, expect, it, jest } from '@jest/globals';
import { TensorData } from '../src/index.js';
import { encodePassOutput } from '../src/wire/pass-output-writer.js';
import { datum, rejection, scriptedService, scriptedTraining } from './support/clients.js';
import { broken, json, type ReceivedRequest } from './support/scripted-server.js';
import { advanceUntil } from './support/simulated.js';

const protobuf = 'application/x-protobuf';
const asks = (requests: readonly ReceivedRequest[]) =>
  requests.map(({ headers, body }) => `${headers.get('content-type') === protobuf ? 'protobuf' : 'json'} ${String(body['seq_id'])}`);
const auto = (config: Readonly<Record<string, unknown>> = {}) => scriptedTraining({ encoding: 'auto' }, config);

describe('a server that reads protobuf', () => {
  it('is sent protobuf, a forward pass too, and asked for it', async () => {
    const { server, service, training } = await auto();
    await training.forward([datum()], 'cross_entropy');
    await training.forwardBackward([datum()], 'cross_entropy', { scale: 2 });
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1', 'protobuf 2']);
    expect(server.to('forward')).toEqual([]);
    expect(server.to('forward_backward').map(({ body }) => body['pass'])).toMatchObject([
      { forwardOnly: true, lossFnConfig: undefined },
      { forwardOnly: false, lossFnConfig: { scale: 2 }, lossFn: 'cross_entropy' },
    ]);
    expect(server.to('retrieve_future').slice(-2).map(({ headers }) => headers.get('accept'))).toEqual([
      'application/x-protobuf, application/json',
      'application/x-protobuf, application/json',
    ]);
    await service.close();
  });

  it('may answer in protobuf', async () => {
    const { server, service, training } = await auto();
    const output = { lossFnOutputType: 'scalar', lossFnOutputs: [{ logprobs: new TensorData(Float32Array.of(Number.NaN, -1)) }], metrics: { 'loss:sum': 1 } };
    server.next('retrieve_future', () => new Response(encodePassOutput(output), { headers: { 'content-type': protobuf } }));
    await expect(training.forwardBackward([datum()], 'cross_entropy')).resolves.toEqual(output);
    await service.close();
  });

  it('answers with something else now and then', async () => {
    const { server, service, training } = await auto();
    server.next('retrieve_future', () => new Response(Uint8Array.of(255), { headers: { 'content-type': protobuf } }));
    expect(await rejection(training.forwardBackward([datum()], 'cross_entropy'))).toMatchObject({ kind: 'malformedResponse' });
    server.next('retrieve_future', () => new Response(Uint8Array.of(255), { headers: { 'content-type': protobuf } }));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'malformedResponse' });
    await service.close();
  });

  it('is not asked in JSON for what the caller did wrong', async () => {
    const { server, service, training } = await auto();
    server.next('forward_backward', () => json({ detail: [{ loc: ['body', 'loss_fn'], msg: 'unknown', type: 'value_error' }] }, 422));
    expect(await rejection(training.forwardBackward([datum()], 'los'))).toMatchObject({ status: 422, message: expect.stringContaining('loss_fn: unknown') });
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1', 'protobuf 2']);
    await service.close();
  });
});

describe('a server that reads JSON only', () => {
  it.each([
    ['415', () => json({ detail: 'application/json only' }, 415)],
    ['500 in plain text', () => new Response('Internal Server Error', { status: 500 })],
    ['400', () => json({ detail: 'There was an error parsing the body' }, 400)],
    ['422 in words', () => json({ detail: 'not JSON' }, 422)],
    ['422 about the body as such', () => json({ detail: [{ loc: ['body'], msg: 'not a dictionary' }] }, 422)],
  ])('is found out by its %s, once for all clients of the service', async (_, refuse) => {
    const { server, service, training } = await auto();
    server.next('forward_backward', refuse);
    await training.forwardBackward([datum()], 'cross_entropy');
    await training.optimStep();
    await training.forward([datum()], 'cross_entropy');
    const other = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    await other.forwardBackward([datum()], 'cross_entropy');
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1', 'json 1', 'json 1']);
    expect(asks(server.to('forward'))).toEqual(['json 3']);
    expect(server.executed.map(({ path, seqId }) => [path, seqId])).toEqual([
      ['create_model', undefined],
      ['forward_backward', 1],
      ['optim_step', 2],
      ['forward', 3],
      ['create_model', undefined],
      ['forward_backward', 1],
    ]);
    await service.close();
  });

  it('is found out with a forward pass, which goes elsewhere then', async () => {
    const { server, service, training } = await auto();
    server.next('forward_backward', () => json({ detail: 'JSON only' }, 415));
    await training.forward([datum()], 'cross_entropy');
    expect([asks(server.to('forward_backward')), asks(server.to('forward'))]).toEqual([['protobuf 1'], ['json 1']]);
    await service.close();
  });

  it('is found out by one chunk while the others wait', async () => {
    const { server, service, training } = await auto({ fwdbwd_max_chunk_len: 1 });
    server.next('forward_backward', () => json({ detail: 'JSON only' }, 415));
    await training.forwardBackward([datum([1, 2]), datum([3, 4]), datum([5, 6]), datum([7, 8])], 'cross_entropy');
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 2', 'json 2', 'json 3', 'json 4', 'json 1']);
    await service.close();
  });

  it('cannot be sent what JSON cannot carry: that fails alone, as a whole, and names the place', async () => {
    const { server, service, training } = await auto({ fwdbwd_max_chunk_len: 1 });
    server.times(2, 'forward_backward', () => json({ detail: 'JSON only' }, 415));
    const bad = { ...datum([3, 4]), lossFnInputs: { target_tokens: [4], weights: [Number.NaN] } };
    const field = 'data[1].lossFnInputs.weights[0]';
    expect(await rejection(training.forwardBackward([datum([1, 2]), bad], 'cross_entropy'))).toMatchObject({ kind: 'validation', field });
    expect(server.executed).toHaveLength(1);
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(await rejection(training.forwardBackward([datum([1, 2]), bad], 'cross_entropy'))).toMatchObject({ kind: 'validation', field });
    await service.close();
  });

  it('is sent sparse tensors dense, with a warning where they are matrices', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { server, service, training } = await auto();
    server.next('forward_backward', () => json({ detail: 'JSON only' }, 415));
    const targets = TensorData.from([[0, 7], [0, 0]], 'int64').toSparse();
    await training.forwardBackward([{ ...datum(), lossFnInputs: { target_tokens: targets } }], 'cross_entropy');
    expect(server.to('forward_backward')[1]?.text).toContain('"target_tokens":{"data":[0,7,0,0],"dtype":"int64","shape":[2,2]}');
    expect(warn.mock.calls).toEqual([[expect.stringContaining('data[0].lossFnInputs.target_tokens is a matrix')]]);
    warn.mockRestore();
    await service.close();
  });
});

describe('a server of which it is not clear what it reads', () => {
  it('is sent the same bytes after a reset, and no JSON of a pass that it may have', async () => {
    const { server, environment, service, training } = await auto();
    server.next('forward_backward', () => broken());
    await advanceUntil(environment, training.forwardBackward([datum()], 'cross_entropy'));
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1', 'protobuf 1']);
    expect(new Set(server.to('forward_backward').map(({ text }) => text)).size).toBe(1);
    await service.close();
  });

  it('keeps a pass in JSON that was reset in JSON', async () => {
    const { server, environment, service, training } = await auto();
    server.next('forward_backward', () => json({ detail: 'JSON only' }, 415)).next('forward_backward', () => broken());
    await advanceUntil(environment, training.forwardBackward([datum()], 'cross_entropy'));
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1', 'json 1', 'json 1']);
    await service.close();
  });

  it('says why it takes a pass in neither form, and is asked in both the next time', async () => {
    const { server, service, training } = await auto();
    server.next('forward_backward', () => json({ detail: 'JSON only' }, 415)).next('forward_backward', () => json({ detail: 'no such model' }, 400));
    expect(await rejection(training.forwardBackward([datum()], 'cross_entropy'))).toMatchObject({ status: 400, message: expect.stringContaining('no such model') });
    server.next('forward_backward', () => json({ detail: 'JSON only' }, 415));
    await training.forwardBackward([datum()], 'cross_entropy');
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1', 'json 1', 'protobuf 2', 'json 2']);
    await service.close();
  });
});

describe('the Tinker cloud', () => {
  it('is never sent JSON', async () => {
    const { server, service } = scriptedService({ encoding: 'auto', baseUrl: 'https://tinker.thinkingmachines.dev/services/tinker-prod' });
    const training = await service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    server.next('forward_backward', () => json({ detail: 'no' }, 415));
    expect(await rejection(training.forwardBackward([datum()], 'cross_entropy'))).toMatchObject({ status: 415 });
    expect(asks(server.to('forward_backward'))).toEqual(['protobuf 1']);
    await service.close();
  });
});
