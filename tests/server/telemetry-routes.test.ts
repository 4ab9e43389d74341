import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestApi, type TestApi } from '../support/local-api.js';

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi();
});
afterEach(async () => {
  await server.close();
});

const path = '/api/v1/telemetry';
const common = { event_id: 'e', event_session_index: 0, severity: 'INFO', timestamp: '2026-01-02T03:04:05.678Z' };
const sender = { platform: 'Linux', sdk_version: '0.25.0', session_id: 'S', process_uuid: 'p' };

describe('telemetry', () => {
  it('is accepted, and nothing is kept of it but the count of requests', async () => {
    const events = [
      { event: 'SESSION_START', ...common },
      { duration: '0:00:01', event: 'SESSION_END', ...common },
      { error_message: 'm', error_type: 't', event: 'UNHANDLED_EXCEPTION', ...common, traceback: null },
      { event: 'GENERIC_EVENT', event_name: 'n', ...common, event_data: { any: 1 } },
    ];
    expect(await server.post(path, { events, ...sender })).toEqual({ status: 200, body: { status: 'accepted' } });
    expect(await server.post(path, { events: [], ...sender, process_uuid: undefined })).toEqual({ status: 200, body: { status: 'accepted' } });
    expect(server.api.ledger.report()).toEqual({ operations: [], checkpoints: [], skipped: [], requests: { telemetry: 2 } });
    expect(server.log).toEqual([]);
  });

  it.each([
    ['without events', { ...sender }, 'events: got undefined, expected'],
    ['with an event of no kind', { events: [common], ...sender }, 'events.0'],
    ['with a severity there is not', { events: [{ event: 'SESSION_START', ...common, severity: 'LOUD' }], ...sender }, 'LOUD'],
  ])('is refused %s', async (_, body, detail) => {
    expect(await server.post(path, body)).toEqual({ status: 422, body: { detail: expect.stringContaining(detail) as unknown } });
  });
});
