import { describe, expect, it } from '@jest/globals';
import type { RestClient } from '../src/rest-client.js';
import { rejection } from './support/clients.js';
import { scriptedRest } from './support/rest.js';
import { json } from './support/scripted-server.js';

const run = { training_run_id: 'S:train:0', base_model: 'b' };
const runs = '/api/v1/training_runs';
const path = 'tinker://S:train:0/weights/a';
const checkpoints = 'training_runs/S:train:0/checkpoints';

interface Call {
  readonly name: string;
  readonly make: (rest: RestClient) => Promise<unknown>;
  readonly sent: string;
  readonly answer?: unknown;
  readonly gives?: unknown;
}

const decodedRun = { trainingRunId: 'S:train:0', baseModel: 'b', corrupted: false };
const scoped = { accessScope: 'accessible' as const };

const calls: readonly Call[] = [
  { name: 'getTrainingRun', make: (rest) => rest.getTrainingRun('S:train:0'), sent: `GET ${runs}/S:train:0?access_scope=owned`, answer: run, gives: decodedRun },
  { name: 'getTrainingRun with a scope', make: (rest) => rest.getTrainingRun('S:train:0', scoped), sent: `GET ${runs}/S:train:0?access_scope=accessible`, answer: run, gives: decodedRun },
  { name: 'getTrainingRunByTinkerPath', make: (rest) => rest.getTrainingRunByTinkerPath('tinker://S:train:0/sampler_weights/a'), sent: `GET ${runs}/S:train:0?access_scope=owned`, answer: run, gives: decodedRun },
  { name: 'listTrainingRuns', make: (rest) => rest.listTrainingRuns(), sent: `GET ${runs}?limit=20&offset=0&access_scope=owned`, answer: { training_runs: [run] }, gives: { trainingRuns: [decodedRun] } },
  { name: 'listTrainingRuns of a project', make: (rest) => rest.listTrainingRuns({ limit: 5, offset: 10, projectId: 'p', ...scoped }), sent: `GET ${runs}?limit=5&offset=10&access_scope=accessible&project_id=p`, answer: { training_runs: [] }, gives: { trainingRuns: [] } },
  { name: 'listCheckpoints', make: (rest) => rest.listCheckpoints('S:train:0'), sent: `GET /api/v1/${checkpoints}`, answer: { checkpoints: [] }, gives: { checkpoints: [] } },
  { name: 'listUserCheckpoints', make: (rest) => rest.listUserCheckpoints(), sent: 'GET /api/v1/checkpoints?limit=100&offset=0', answer: { checkpoints: [] }, gives: { checkpoints: [] } },
  { name: 'deleteCheckpoint', make: (rest) => rest.deleteCheckpoint('S:train:0', 'sampler_weights/a'), sent: `DELETE /api/v1/${checkpoints}/sampler_weights/a` },
  { name: 'deleteCheckpointFromTinkerPath', make: (rest) => rest.deleteCheckpointFromTinkerPath(path), sent: `DELETE /api/v1/${checkpoints}/weights/a` },
  { name: 'deleteCheckpointFromTinkerPath of two parts', make: (rest) => rest.deleteCheckpointFromTinkerPath('tinker://S:train:0/a'), sent: `DELETE /api/v1/${checkpoints}/sampler_weights/a` },
  { name: 'publishCheckpointFromTinkerPath', make: (rest) => rest.publishCheckpointFromTinkerPath(path), sent: `POST /api/v1/${checkpoints}/weights/a/publish` },
  { name: 'unpublishCheckpointFromTinkerPath', make: (rest) => rest.unpublishCheckpointFromTinkerPath(path), sent: `DELETE /api/v1/${checkpoints}/weights/a/publish` },
  { name: 'setCheckpointTtlFromTinkerPath', make: (rest) => rest.setCheckpointTtlFromTinkerPath(path, 60), sent: `PUT /api/v1/${checkpoints}/weights/a/ttl {"ttl_seconds":60}` },
  { name: 'setCheckpointTtlFromTinkerPath for good', make: (rest) => rest.setCheckpointTtlFromTinkerPath(path, null), sent: `PUT /api/v1/${checkpoints}/weights/a/ttl {"ttl_seconds":null}` },
  { name: 'getSession', make: (rest) => rest.getSession('S'), sent: 'GET /api/v1/sessions/S?access_scope=owned', answer: { training_run_ids: ['r'], sampler_ids: [], more: 1 }, gives: { trainingRunIds: ['r'], samplerIds: [] } },
  { name: 'listSessions', make: (rest) => rest.listSessions(), sent: 'GET /api/v1/sessions?limit=20&offset=0&access_scope=owned', answer: { sessions: ['S'] }, gives: { sessions: ['S'] } },
  { name: 'assignSessionProject', make: (rest) => rest.assignSessionProject('S', 'pp'), sent: 'PUT /api/v1/sessions/S/project {"project_id":"pp"}' },
  { name: 'getSampler', make: (rest) => rest.getSampler('S:sample:1'), sent: 'GET /api/v1/samplers/S:sample:1', answer: { sampler_id: 'S:sample:1', base_model: 'b', model_path: null }, gives: { samplerId: 'S:sample:1', baseModel: 'b' } },
  {
    name: 'getBillingUsage',
    make: (rest) => rest.getBillingUsage({ startingOn: new Date(Date.UTC(2026, 6, 13)), endingBefore: '2026-07-14T02:00:00+02:00' }),
    sent: 'GET /api/v1/billing/usage/events?starting_on=2026-07-13T00%3A00%3A00Z&ending_before=2026-07-14T00%3A00%3A00Z',
    answer: { data: [] },
    gives: { data: [], sessions: {} },
  },
  { name: 'getAuditLog', make: (rest) => rest.getAuditLog(), sent: 'GET /api/v1/audit?event_type=all', answer: { entries: [] }, gives: { entries: [] } },
  { name: 'getAuditLog of a day', make: (rest) => rest.getAuditLog({ eventType: 'checkpoints', day: '2025-01-02' }), sent: 'GET /api/v1/audit?event_type=checkpoints&day=2025-01-02', answer: { entries: [] }, gives: { entries: [] } },
];

describe('RestClient', () => {
  it.each(calls)('$name asks for exactly that', async ({ make, sent, answer, gives }) => {
    const { rest, server, asked } = scriptedRest();
    const [, endpoint = ''] = /\/api\/v1\/([^? ]+)/.exec(sent) ?? [];
    server.next(endpoint, () => (answer === undefined ? new Response(null, { status: 204 }) : json(answer)));
    expect(await make(rest)).toEqual(gives);
    expect(asked()).toEqual([sent]);
  });

  it.each(['done', '"done"', '{"ok":true}', ''])('takes whatever a call answers that has nothing to answer: %j', async (body) => {
    const { rest, server } = scriptedRest();
    server.next(`${checkpoints}/weights/a`, () => new Response(body, { status: 200 }));
    await expect(rest.deleteCheckpointFromTinkerPath(path)).resolves.toBeUndefined();
  });

  it('gives up a call that takes too long', async () => {
    const { rest, server, settled } = scriptedRest();
    server.next('sessions', () => new Promise<Response>(() => undefined));
    expect(await rejection(settled(rest.listSessions({ timeoutMs: 1000 })))).toMatchObject({
      kind: 'timeout',
      message: expect.stringMatching(
        /^listSessions: no answer within 1000 ms\. The service waits for listSessions-\d+, 1 attempt\. Is the server running and reachable\?$/,
      ),
      operation: 'listSessions',
      attempts: 1,
    });
  });

  it.each([
    ['404', () => json({ detail: 'Not Found' }, 404), '/api/v1/audit?event_type=all: the server answered 404: Not Found. This server does not offer this call'],
    ['405', () => json({ detail: 'Method Not Allowed' }, 405), '/api/v1/audit?event_type=all: the server answered 405: Method Not Allowed. This server does not offer this call'],
  ])('says that a server does not offer a call, by a bare %s', async (status, handler, message) => {
    const { rest, server } = scriptedRest();
    server.next('audit', handler);
    expect(await rejection(rest.getAuditLog())).toMatchObject({ kind: 'http', status: Number(status), message });
  });

  it('leaves a 404 that names what is missing as it is', async () => {
    const { rest, server } = scriptedRest();
    server.next('sessions/x', () => json({ detail: 'Session x not found' }, 404));
    expect(await rejection(rest.getSession('x'))).toMatchObject({
      status: 404,
      message: '/api/v1/sessions/x?access_scope=owned: the server answered 404: Session x not found',
    });
  });

  it('says who the caller is only where a token says so', async () => {
    const { rest } = scriptedRest();
    expect(await rejection(rest.whoami())).toMatchObject({ kind: 'validation', field: 'apiKey' });
  });
});
