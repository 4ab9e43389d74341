import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { ServiceClient } from '../../src/index.js';
import { rejection, scriptedService } from '../support/clients.js';
import { json, ScriptedServer } from '../support/scripted-server.js';
import { simulatedEnvironment } from '../support/simulated.js';

describe('a secret that the server repeats', () => {
  it('is hidden when a command printed it', async () => {
    const server = new ScriptedServer();
    server.next('client/config', ({ headers }) => json({ detail: `who is ${String(headers.get('X-API-Key'))}?` }, 403));
    const service = new ServiceClient({
      baseUrl: 'http://scripted.test',
      credentialCommand: `"${process.execPath}" -e "console.log('printed-credential')"`,
      fetch: server.fetch,
      environment: simulatedEnvironment(),
    });
    const error = await rejection(service.getServerCapabilities());
    expect(error).toMatchObject({ status: 403, message: expect.stringContaining('who is [credential]?') });
    expect(inspect(error, { depth: 10 })).not.toContain('printed-credential');
    await service.close();
  });

  it.each([true, false])('is hidden when it gives access to a checkpoint (created by loading: %p)', async (byLoading) => {
    const { server, service } = scriptedService({}, { create_model_via_load_weights: byLoading });
    for (const endpoint of ['load_weights', 'weights_info']) server.next(endpoint, () => json({ detail: 'token of-somebody-else is unknown' }, 403));
    const error = await rejection(service.createTrainingClientFromState('tinker://run/weights/x', { weightsAccessToken: 'of-somebody-else' }));
    expect(error).toMatchObject({ kind: 'restoreFailed' });
    expect(inspect(error, { depth: 10 })).not.toContain('of-somebody-else');
    await service.close();
  });
});
