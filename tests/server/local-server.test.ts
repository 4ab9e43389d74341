import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { decodePassOutput } from '../../src/wire/pass-output-proto.js';
import { protobufType } from '../../src/wire/pass-proto.js';
import { startServerProcess, withLocalServer, type ServerProcess } from '../support/local-server.js';
import { adamStep, lossOf, textPass, wireClient, type WireClient } from '../support/wire-client.js';

// Real training on whatever machine this is; none of these tests waits for time to pass.
jest.setTimeout(120_000);

let server: ServerProcess;
let client: WireClient;
beforeAll(async () => {
  server = await startServerProcess();
  client = wireClient(server);
});
afterAll(async () => {
  await server.close();
});

async function train(modelId: string, firstSeqId: number, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    losses.push(lossOf(await client.run('forward_backward', textPass(modelId, firstSeqId + 2 * step))));
    await client.run('optim_step', adamStep(modelId, firstSeqId + 2 * step + 1));
  }
  return losses;
}

describe('a server process with the real engine', () => {
  it('trains: the loss falls', async () => {
    const { modelId } = await client.openModel();
    const losses = await train(modelId, 1, 8);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses[7]).toBeLessThan(0.8 * (losses[0] ?? 0));
  });

  it('goes on from a checkpoint after SIGKILL exactly as if nothing had happened', async () => {
    const { modelId } = await client.openModel();
    await train(modelId, 1, 3);
    const { path } = await client.run('save_weights', { model_id: modelId, path: 'at-3', seq_id: 7 });
    const uninterrupted = await train(modelId, 8, 3);
    await server.restart();
    const { modelId: resumed } = await client.openModel();
    const loaded = await client.run('load_weights', { model_id: resumed, seq_id: 1, path, optimizer: true });
    expect(loaded).toEqual({ path, model_id: resumed });
    expect(await train(resumed, 2, 3)).toEqual(uninterrupted);
  });

  it('tells why it cannot do something', async () => {
    const { modelId, sessionId } = await client.openModel();
    const { path } = await client.run('save_weights', { model_id: modelId, path: 'rank-4', seq_id: 1 });
    const { modelId: other } = await client.openModel(8);
    const { modelId: larger } = await client.openModel(4, 'local/small');
    const empty = { forward_backward_input: { data: [], loss_fn: 'cross_entropy' }, model_id: modelId, seq_id: 2 };
    const outside = JSON.parse(JSON.stringify(textPass(modelId, 3)).replace(/"tokens":\[\d+/, '"tokens":[9999')) as object;
    const answers = [
      await client.run('load_weights', { model_id: other, seq_id: 1, path, optimizer: true }),
      await client.run('load_weights', { model_id: larger, seq_id: 1, path, optimizer: false }),
      await client.run('forward_backward', empty),
      await client.run('forward_backward', outside),
      await client.run('forward_backward', textPass(modelId, 4, 'x'.repeat(2000))),
      await client.run('create_model', { session_id: sessionId, model_seq_id: 1, base_model: 'gpt', lora_config: { rank: 4 } }),
      await client.run('create_model', { session_id: sessionId, model_seq_id: 2, base_model: 'local/tiny', lora_config: { rank: 0 } }),
    ];
    const texts = [/rank/, /local\/(tiny|small)/, /empty/, /9999/, /2000|1999/, /Unknown base model "gpt"/, /rank must be/];
    for (const [index, text] of texts.entries()) {
      expect(answers[index]).toEqual({ error: expect.stringMatching(text) as unknown, category: 'user' });
    }
  });

  it('notices one flipped byte, and changes nothing', async () => {
    const { modelId } = await client.openModel();
    const { path } = await client.run('save_weights', { model_id: modelId, path: 'flipped', seq_id: 1 });
    const folder = join(server.dataDir, 'checkpoints', modelId.replaceAll(':', '.'), 'flipped');
    const file = await open(join(folder, 'adapter_model.safetensors'), 'r+');
    const { size } = await stat(join(folder, 'adapter_model.safetensors'));
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, size - 1);
    await file.write(Buffer.from([byte.readUInt8() ^ 1]), 0, 1, size - 1);
    await file.close();
    const before = lossOf(await client.run('forward_backward', textPass(modelId, 2)));
    const loaded = await client.run('load_weights', { model_id: modelId, seq_id: 3, path, optimizer: true });
    expect(loaded).toEqual({ error: expect.stringContaining(`Checkpoint "${String(path)}" is damaged: `) as unknown, category: 'user' });
    expect(lossOf(await client.run('forward_backward', textPass(modelId, 4)))).toBe(before);
  });

  it('answers polls and health while it computes', async () => {
    const { modelId } = await client.openModel(4, 'local/small');
    const pass = String((await client.post('forward_backward', textPass(modelId, 1, 'x'.repeat(400), 4)))['request_id']);
    let isDone = false;
    const result = client.result(pass).then((answer) => {
      isDone = true;
      return answer;
    });
    const answered: boolean[] = [];
    for (let round = 0; round < 5; round += 1) {
      await fetch(`${server.url}/api/v1/healthz`);
      answered.push(isDone);
    }
    expect(answered).toEqual([false, false, false, false, false]);
    expect(lossOf(await result)).toBeGreaterThan(0);
  });
});

describe('faults on real connections', () => {
  it.each(['dropAnswer', 'halfBody'] as const)('%s: the operation is done, the answer is lost, and sending it again is harmless', async (action) => {
    const { modelId } = await client.openModel();
    await server.fault({ endpoint: 'optim_step', action });
    await expect(client.post('optim_step', adamStep(modelId, 1))).rejects.toThrow();
    expect(await client.run('optim_step', adamStep(modelId, 1))).toMatchObject({ metrics: { step: 1 } });
    const { operations } = await server.ledger(modelId);
    expect(operations.map(({ kind, seqId }) => [kind, seqId])).toEqual([['create_model', undefined], ['optim_step', 1]]);
  });

  it.each(['halfBody', 'malformedProtobuf'] as const)('%s: a result in protobuf is spoilt once, and there when asked for again', async (action) => {
    const { modelId } = await client.openModel();
    const { request_id: requestId } = await client.post('forward_backward', textPass(modelId, 1));
    const body = JSON.stringify({ request_id: requestId });
    const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json', accept: protobufType };
    const poll = async (): Promise<boolean> => {
      const response = await fetch(`${server.url}/api/v1/retrieve_future`, { method: 'POST', headers, body });
      expect(response.headers.get('content-type')).toBe(protobufType);
      return E.isRight(decodePassOutput(new Uint8Array(await response.arrayBuffer())));
    };
    await client.result(String(requestId));
    await server.fault({ endpoint: 'retrieve_future', action });
    expect(await poll().catch(() => 'cut')).toBe(action === 'halfBody' ? 'cut' : false);
    expect(await poll()).toBe(true);
  });

  it('reset: the connection breaks and nothing is done', async () => {
    const { modelId } = await client.openModel();
    await server.fault({ endpoint: 'optim_step', action: 'reset' });
    await expect(client.post('optim_step', adamStep(modelId, 1))).rejects.toThrow();
    expect((await server.ledger(modelId)).operations).toHaveLength(1);
  });

  it('gives a 400 its length', async () => {
    const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/api/v1/create_session`, { method: 'POST', headers, body: '{' });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-length')).toBe(String((await response.text()).length));
  });
});

describe('bodies without a length', () => {
  it('takes them', async () => {
    const body = new Blob(['{"sdk_version":', '"test"}']).stream();
    const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/api/v1/client/config`, { method: 'POST', headers, body, duplex: 'half' });
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ parallel_fwdbwd_chunks: true })]);
  });

  it('takes none at all where none is asked for', async () => {
    const id = await server.fault({ endpoint: 'optim_step', action: 'reset' });
    const url = `${server.url}/api/v1/local/faults?id=${id}`;
    const response = await fetch(url, { method: 'DELETE', headers: { 'x-api-key': server.apiKey } });
    expect([response.status, await response.json()]).toEqual([200, { removed: 1 }]);
  });
});

describe('stopping the process', () => {
  it('SIGTERM executes an accepted save, answers its poll, and exits with 0', async () => {
    await withLocalServer(async (other) => {
      const wire = wireClient(other);
      const { modelId } = await wire.openModel();
      await wire.post('forward_backward', textPass(modelId, 1, 'x'.repeat(300), 8));
      await wire.post('optim_step', adamStep(modelId, 2));
      const saved = String((await wire.post('save_weights', { model_id: modelId, path: 'last', seq_id: 3 }))['request_id']);
      const lost = String((await wire.post('optim_step', adamStep(modelId, 4)))['request_id']);
      const polled = wire.result(saved);
      expect(await other.kill('SIGTERM')).toBe(0);
      const path = `tinker://${modelId}/weights/last`;
      expect(await polled).toEqual({ path });
      await other.restart();
      expect(await wire.result(saved)).toEqual({ path });
      expect(await wire.result(lost)).toEqual({ error: expect.stringContaining('restarted') as unknown, category: 'server' });
      expect(await wire.post('weights_info', { tinker_path: path })).toMatchObject({ base_model: 'local/tiny', lora_rank: 4 });
    });
  });
});
