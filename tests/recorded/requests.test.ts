import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { differences } from './differences.js';
import { programs } from './programs/programs.js';
import { readFixture, releases } from './support/fixtures.js';
import { judge } from './support/judge.js';
import type { Difference } from './support/listed.js';
import { perform } from './support/perform.js';

/*
 * What the official Python SDK sent when it ran the same programs is in fixtures/; `npm run test:python` holds the
 * recordings to the living SDK, and RECORD_REQUESTS=1 npm run test:python -- requests makes them anew.
 */
describe('our requests, compared with those of the official SDK', () => {
  let server: ServerProcess;
  let tokenServer: ServerProcess;
  const occurred = new Set<Difference>();

  beforeAll(async () => {
    [server, tokenServer] = await Promise.all([startServerProcess(), startServerProcess({ args: ['--jwt'] })]);
  });
  afterAll(async () => {
    await Promise.all([server.close(), tokenServer.close()]);
  });

  it.each(programs)('$name', async (program) => {
    const ours = await perform(program, program.tokens === true ? tokenServer : server);
    for (const release of releases) {
      const { requests } = await readFixture(release, program.name);
      const { compared, wanted, unlisted } = judge(program, release, requests, ours);
      for (const difference of wanted) occurred.add(difference);
      expect({ release, unlisted }).toEqual({ release, unlisted: [] });
      expect(compared).toBeGreaterThanOrEqual(4);
    }
  });

  it('list no difference that does not occur any more', () => {
    expect(differences.filter((one) => !occurred.has(one)).map(({ name }) => name)).toEqual([]);
  });
});

describe('the list of wanted differences', () => {
  it('names each once, and gives a reason', () => {
    expect(new Set(differences.map(({ name }) => name)).size).toBe(differences.length);
    expect(differences.filter(({ why }) => why.length < 20)).toEqual([]);
  });
});
