import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestApi, stepRequest, type TestApi } from '../support/local-api.js';

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi();
});
afterEach(async () => {
  await server.close();
});

describe('what newer clients ask for in vain', () => {
  it.each(['save_weights_external', 'copy_weights', 'create_custom_loss', 'sessions/search'])('is refused with advice: %s', async (path) => {
    const { status, body } = await server.post(`/api/v1/${path}`, {});
    expect([status, body]).toEqual([404, { detail: expect.stringMatching(/this server.*\. [A-Z].*\.$/i) as unknown }]);
  });

  it('keeps the next operation of the model from waiting for its number', async () => {
    const { modelId } = await server.openModel();
    const refused = await server.post('/api/v1/save_weights_external', { model_id: modelId, path: 'name', seq_id: 1, type: 'save_weights_external' });
    expect(refused.status).toBe(404);
    const step = await server.poll(await server.submit('/api/v1/optim_step', stepRequest(modelId, 2)));
    expect(step.body).toMatchObject({ metrics: { step: 1 } });
    expect(server.api.ledger.report(modelId).skipped).toEqual([]);
  });
});
