import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestApi, type TestApi } from '../support/local-api.js';

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi();
});
afterEach(async () => {
  await server.close();
});

const stored = async (query = ''): Promise<unknown> =>
  await (await server.request('GET', `/api/v1/billing/usage/checkpoints/current${query}`)).json();

async function save(modelId: string, seqId: number): Promise<number> {
  await server.poll(await server.submit('/api/v1/save_weights', { model_id: modelId, seq_id: seqId, path: `c-${seqId}` }));
  return server.api.checkpoints.list(modelId)[0]?.sizeBytes ?? Number.NaN;
}

describe('the storage that checkpoints take', () => {
  it('is told by project, the largest first', async () => {
    expect(await stored()).toEqual({ data: [] });
    const one = await server.openModel();
    const size = await save(one.modelId, 1);
    const two = await server.openModel();
    await server.api.sessions.setProject(two.sessionId, 'p');
    const larger = (await save(two.modelId, 1)) + (await save(two.modelId, 2));
    const local = { org_user_urn: 'urn:tinkerjs:user:local', user_name: 'local' };
    const ofProject = { project_id: 'p', ...local, checkpoint_count: 2, size_bytes: larger, size_gigabytes: larger / 1e9 };
    expect(await stored()).toEqual({ data: [ofProject, { ...local, checkpoint_count: 1, size_bytes: size, size_gigabytes: size / 1e9 }] });
    expect(await stored('?project_id=p')).toEqual({ data: [ofProject] });
    expect(await stored('?project_id=q')).toEqual({ data: [] });
  });
});
