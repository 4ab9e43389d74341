import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalServer } from '../../src/server/index.js';
import { untyped } from '../support/untyped.js';
import { adamStep, wireClient } from '../support/wire-client.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tinkerjs-start-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('startLocalServer', () => {
  it('serves in this process, with faults and ledger at hand, until it is closed', async () => {
    const server = await startLocalServer({ dataDir, faults: true, apiKey: 'tml-mine' });
    const client = wireClient(server);
    const { modelId } = await client.openModel();
    server.faults.add({ endpoint: 'optim_step', action: 'status', status: 418 });
    await expect(client.post('optim_step', adamStep(modelId, 1))).rejects.toThrow('optim_step: 418');
    await client.run('optim_step', adamStep(modelId, 1));
    expect(server.ledger(modelId).operations.map(({ kind }) => kind)).toEqual(['create_model', 'optim_step']);
    expect(server).toMatchObject({ apiKey: 'tml-mine', dataDir });
    await Promise.all([server.close(), server.close()]);
    await expect(fetch(`${server.url}/api/v1/healthz`)).rejects.toThrow();
  });

  it('gives the same key again after a restart', async () => {
    const first = await startLocalServer({ dataDir });
    await first.close();
    const second = await startLocalServer({ dataDir });
    await second.close();
    expect(second.apiKey).toBe(first.apiKey);
  });

  it('lets no second server have the folder or the port, and leaves nothing behind', async () => {
    const server = await startLocalServer({ dataDir });
    await expect(startLocalServer({ dataDir })).rejects.toMatchObject({ kind: 'validation', field: 'dataDir' });
    const other = join(dataDir, 'other');
    const port = Number(new URL(server.url).port);
    await expect(startLocalServer({ dataDir: other, port })).rejects.toMatchObject({
      kind: 'connection',
      message: `Port ${port} on 127.0.0.1 is in use. Stop what listens there, or choose another port (0 takes any free one).`,
    });
    await expect(startLocalServer({ dataDir: other, host: '203.0.113.1', apiKey: 'tml-for-every-address' })).rejects.toThrow('is not an address of this machine');
    await (await startLocalServer({ dataDir: other })).close();
    await server.close();
  });

  it('refuses a bad option before it touches anything', async () => {
    await expect(startLocalServer({ dataDir: join(dataDir, 'new'), port: -1 })).rejects.toMatchObject({ kind: 'validation', field: 'port' });
    await expect(startLocalServer(untyped('null'))).rejects.toMatchObject({ kind: 'validation', field: 'options' });
    await expect(startLocalServer(untyped('{"log":5}'))).rejects.toMatchObject({ kind: 'validation', field: 'log' });
  });
});
