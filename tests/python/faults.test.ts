import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Table from 'cli-table3';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { cases, type Case } from './faults-cases.js';
import { bySdk, byUs } from './faults-run.js';
import { sdks } from './support/versions.js';

/** The oldest version stays as it is; what a newer one has mended is told in the table, and breaks nothing. */
const pinned = '0.25.0';
const clients = ['our client', ...sdks.map(({ version }) => `SDK ${version}`)];
const seen = new Map<string, string>();
const note = (client: string, { program }: Case, text: string) => seen.set(`${client} ${program}`, text);

let server: ServerProcess;
beforeAll(async () => {
  // Each datum is a chunk of its own.
  server = await startServerProcess({ args: ['--client-config', '{"fwdbwdMaxChunkLen":1}'] });
});

afterAll(async () => {
  await server.close();
  const table = new Table({ head: ['', 'when', ...clients], colWidths: [14, 32, ...clients.map(() => 38)], wordWrap: true, style: { head: [], border: [] } });
  for (const one of cases) table.push([one.program, one.what, ...clients.map((client) => seen.get(`${client} ${one.program}`) ?? '')]);
  process.stdout.write(`\nThe same faults for each client:\n${table.toString()}\n`);
});

describe('our client', () => {
  describe('faults', () => {
    it.each(cases)('$program: keeps its promise when $what', async (one) => {
      const met = await byUs(server, one);
      note('our client', one, one.says(met));
      one.promised(met);
    });
  });
});

describe.each(sdks)('SDK $version', (sdk) => {
  describe('faults', () => {
    it.each(cases)('$program: does what the table says when $what', async (one) => {
      const met = await bySdk(sdk, server, one);
      const verdict = one.isDefect(met) ? 'defect' : 'mended';
      note(`SDK ${sdk.version}`, one, `${verdict}: ${one.says(met)}`);
      expect(sdk.version === pinned ? ['defect'] : ['defect', 'mended']).toContain(verdict);
    });
  });
});
