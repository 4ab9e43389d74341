import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceClient } from '../../src/index.js';
import { datum } from '../support/clients.js';
import { withLocalServer } from '../support/local-server.js';
import { secretsIn } from './support/secret-forms.js';

const accessToken = 'access-token-of-somebody-else';

/** Names and contents of all files in a folder. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => `${entry.name}\n${await readFile(join(entry.parentPath, entry.name), 'latin1')}`));
}

describe('what the local server writes', () => {
  it('holds no key and no token, in its folder, in its log, and in its answers', async () => {
    await withLocalServer(
      async (server) => {
        const { apiKey, url } = server;
        const service = new ServiceClient({ baseUrl: url, apiKey, onError: () => undefined, onQueueState: () => undefined });
        const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
        await training.step([datum()], 'cross_entropy');
        const { path } = await training.saveState('a');
        await training.loadState(path, { weightsAccessToken: accessToken });
        const rest = service.createRestClient();
        const audit = await rest.getAuditLog();
        await service.close();

        const answers: string[] = [JSON.stringify(audit)];
        const headers = { 'content-type': 'application/json' };
        const asked = [
          { headers: { ...headers, 'x-api-key': apiKey }, body: `{"session_id": "${apiKey}"` },
          { headers: { ...headers, authorization: `Bearer ${apiKey}` }, body: JSON.stringify({ session_id: apiKey, weights_access_token: accessToken }) },
          { headers: { ...headers, 'x-api-key': `${apiKey}x` }, body: '{}' },
        ];
        for (const request of asked) {
          const response = await fetch(`${url}/api/v1/get_info`, { method: 'POST', ...request });
          answers.push(JSON.stringify([...response.headers]));
          await response.text();
        }
        await server.kill();
        const files = await filesIn(server.dataDir);
        // The checkpoint, and the files that a server keeps beside it.
        expect(files.length).toBeGreaterThan(5);
        const told = [...files, ...answers, server.stderr()];
        expect(told.flatMap((text) => secretsIn(text, [apiKey, accessToken]))).toEqual([]);
      },
      { args: ['--jwt'] },
    );
  }, 60_000);
});
