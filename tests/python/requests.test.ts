import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { programs } from '../recorded/programs/programs.js';
import type { Program } from '../recorded/programs/program.js';
import { compare, type Found } from '../recorded/support/compare.js';
import { fixturePath, fixtureText, readFixture, type Release } from '../recorded/support/fixtures.js';
import { judge } from '../recorded/support/judge.js';
import { perform } from '../recorded/support/perform.js';
import { recordsOf, type RequestRecord } from '../recorded/support/record.js';
import { startRecordingProxy } from '../recorded/support/recording-proxy.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { notRun } from './support/not-run.js';
import { runPython } from './support/run-python.js';
import { sdks, type Sdk } from './support/versions.js';

/*
 * Runs the programs with the living SDK, and compares what it sends with the recordings and with what we send.
 * RECORD_REQUESTS=1 npm run test:python -- requests writes the recordings anew instead.
 */
const records = process.env['RECORD_REQUESTS'] === '1';

describe.each(sdks)('SDK $version', (sdk) => {
  describe('requests', () => {
    const release: Release = sdk.version === '0.25.0' ? 'oldest' : 'newest';
    let server: ServerProcess;
    let tokenServer: ServerProcess;

    beforeAll(async () => {
      [server, tokenServer] = await Promise.all([startServerProcess(), startServerProcess({ args: ['--jwt'] })]);
    });
    afterAll(async () => {
      await Promise.all([server.close(), tokenServer.close()]);
    });

    const runnable = programs.filter(({ torch }) => torch !== true || sdk.torch !== undefined);
    if (runnable.length < programs.length) notRun(sdk, 'requests: custom-loss', 'no torch: apt-get install python3-torch');

    it.each(runnable)('$name', async (program) => {
      const target = program.tokens === true ? tokenServer : server;
      const theirs = await performed(sdk, program, target);
      if (records) return record(release, sdk, program, theirs);

      const { compared, unlisted } = judge(program, release, theirs, await perform(program, target));
      const { sdk: recorded, requests } = await readFixture(release, program.name);
      if (recorded === sdk.version) {
        expect(compare(requests, theirs, program.order).found).toEqual([]);
        expect(unlisted).toEqual([]);
      } else {
        // A release that came after the recordings may say more than we know of; it must not say anything else.
        tell(sdk, program, unlisted);
        expect(unlisted.filter((one) => one.ours !== undefined)).toEqual([]);
      }
      expect(compared).toBeGreaterThanOrEqual(4);
    });
  });
});

/** What the SDK sends when it runs a program. */
async function performed(sdk: Sdk, program: Program, server: ServerProcess): Promise<RequestRecord[]> {
  const proxy = await startRecordingProxy(server, program);
  try {
    const torch = program.torch === true && sdk.torch !== undefined && sdk.torch !== '' ? { PYTHONPATH: sdk.torch } : {};
    await runPython(sdk, `requests_${program.python ?? program.name}.py`, {
      server: { url: proxy.url, apiKey: server.apiKey },
      env: { ...program.env, ...torch },
    });
    return recordsOf(program, proxy.exchanges, server.apiKey);
  } finally {
    await proxy.close();
  }
}

async function record(release: Release, sdk: Sdk, program: Program, requests: readonly RequestRecord[]): Promise<void> {
  const path = fixturePath(release, program.name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, fixtureText({ sdk: sdk.version, requests }));
  expect((await readFixture(release, program.name)).requests).toEqual(requests);
}

function tell(sdk: Sdk, program: Program, unlisted: readonly Found[]): void {
  for (const { kind, request, at, theirs } of unlisted) {
    process.stderr.write(`SDK ${sdk.version}, ${program.name}: ${kind} ${request} ${at}: ${String(theirs).slice(0, 200)}\n`);
  }
}
