import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as t from 'io-ts';
import { ServiceClient } from '../../src/index.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const Report = t.type({
  url: t.string,
  baseModel: t.string,
  isUsable: t.boolean,
  counts: t.record(t.string, t.number),
  leftBehind: t.type({ checkpoints: t.array(t.string), models: t.array(t.string) }),
  findings: t.array(t.type({ area: t.string, check: t.string, outcome: t.string, detail: t.string, isRequired: t.boolean })),
});

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess({ args: ['--jwt'] });
});
afterAll(() => server.close());

describe('the local server', () => {
  it('supports everything but the loss whose formula is not public, and keeps nothing of the checks', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [command, 'contract', '--json', '--url', server.url], {
      env: { ...process.env, TINKER_API_KEY: server.apiKey },
    });
    const report: unknown = JSON.parse(stdout);
    if (!Report.is(report)) throw new Error(`not a report: ${stdout}`);
    expect(report.findings.filter(({ outcome }) => outcome !== 'supported').map(({ check, outcome }) => [check, outcome])).toEqual([['dro', 'notOffered']]);
    expect(report).toMatchObject({ url: server.url, baseModel: 'local/tiny', isUsable: true, leftBehind: { checkpoints: [], models: [] } });
    expect(report.counts).toEqual({ supported: report.findings.length - 1, notOffered: 1, differs: 0, failed: 0, notTried: 0 });
    expect(report.findings.find(({ check }) => check === 'resume with the optimizer')?.detail).toBe('the same losses, bit for bit');
    const lines = stderr.trim().split('\n');
    expect(lines.length).toBe(report.findings.length);
    expect(lines[0]).toMatch(/^1\/\d+ start: health: supported \(\d+\.\d s\)$/);
    expect(stdout + stderr).not.toContain(server.apiKey);

    const service = new ServiceClient({ baseUrl: server.url, apiKey: server.apiKey });
    expect((await service.createRestClient().listUserCheckpoints()).checkpoints).toEqual([]);
    await service.close();
  });
});
