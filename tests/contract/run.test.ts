import { describe, expect, it } from '@jest/globals';
import { checksOf, type Check } from '../../src/contract/check.js';
import { runContract, type ContractOptions, type Finding } from '../../src/contract/run.js';
import { differs, notOffered, supported } from '../../src/contract/verdict.js';
import { TinkerError } from '../../src/types/errors.js';
import { rejection } from '../support/clients.js';
import { json, ScriptedServer } from '../support/scripted-server.js';

const { check, required } = checksOf('area');

function run(checks: readonly Check[], options: Partial<ContractOptions> = {}, server = new ScriptedServer()) {
  return runContract({ url: 'http://scripted.test', apiKey: 'tml-secret-key', fetch: server.fetch, checks, ...options });
}

const never = () => new Promise<never>(() => undefined);

describe('runContract', () => {
  it('gives what came of every check, and tells it at once', async () => {
    const told: (readonly [string, number, number])[] = [];
    const report = await run(
      [required('a', () => Promise.resolve(supported('fine'))), check('b', () => Promise.resolve(notOffered('404'))), check('c', () => Promise.resolve(differs('less')))],
      { onFinding: ({ check: name }: Finding, done, total) => told.push([name, done, total]) },
    );
    expect(report.findings.map(({ area, check: name, outcome, detail, isRequired }) => [area, name, outcome, detail, isRequired])).toEqual([
      ['area', 'a', 'supported', 'fine', true],
      ['area', 'b', 'notOffered', '404', false],
      ['area', 'c', 'differs', 'less', false],
    ]);
    expect(report).toMatchObject({ url: 'http://scripted.test', baseModel: 'base', isUsable: true, leftBehind: { checkpoints: [], models: [] } });
    expect(report.counts).toEqual({ supported: 1, notOffered: 1, differs: 1, failed: 0, notTried: 0 });
    expect(told).toEqual([['a', 1, 3], ['b', 2, 3], ['c', 3, 3]]);
  });

  it.each([
    ['differs', true, () => Promise.resolve(differs('less'))],
    ['notOffered', false, () => Promise.resolve(notOffered('404'))],
    ['failed', false, () => Promise.reject(new Error('broken'))],
  ])('calls a server of which something required is %s usable: %p', async (outcome, isUsable, work) => {
    const report = await run([required('a', work)]);
    expect([report.findings[0]?.outcome, report.isUsable]).toEqual([outcome, isUsable]);
  });

  it('says why a check failed, and what the others lack then', async () => {
    const server = new ScriptedServer().times(9, 'create_model', () => json({ detail: 'no room' }, 400));
    const { findings } = await run([required('a', async ({ training }) => supported((await training.get()).modelId)), check('b', async ({ training }) => supported((await training.get()).modelId))], {}, server);
    expect(findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['failed', expect.stringMatching(/^http: .*the server answered 400: no room/)],
      ['notTried', 'needs a model'],
    ]);
  });

  it('takes a call that the server does not have for not offered', async () => {
    const { findings } = await run([check('a', async ({ rest, limits }) => supported(String((await rest.listSessions(limits)).sessions)))], {}, new ScriptedServer({}, ({ path }) => (path.endsWith('sessions') ? json({ detail: 'Not Found' }, 404) : json({}))));
    expect(findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([['notOffered', '404 Not Found']]);
  });

  it('ends a check after its time, and all of them after theirs', async () => {
    const late = await run([check('a', never), check('b', () => Promise.resolve(supported()))], { limitMs: 10 });
    expect(late.findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([['failed', 'no end within 0.01 s'], ['supported', '']]);
    const over = await run([check('a', () => Promise.resolve(supported()))], { totalMs: 0 });
    expect(over.findings.map(({ outcome, detail }) => [outcome, detail])).toEqual([['notTried', 'the time for all checks was over']]);
  });

  it('removes what was made, and names what stays', async () => {
    const server = new ScriptedServer({}, undefined);
    server.times(9, 'unload_model', () => json({ detail: 'busy' }, 400));
    const { leftBehind } = await run([check('a', async ({ training }) => supported((await training.get()).modelId))], {}, server);
    expect(leftBehind).toEqual({ checkpoints: [], models: ['S:train:0'] });
  });

  it('goes on after a request that may have been taken', async () => {
    const server = new ScriptedServer().times(99, 'optim_step', () => json({}, 500));
    const step = check('a', async ({ training, limits }) => supported(Object.keys(await (await training.get()).optimStep({}, limits)).join()));
    const info = check('b', async ({ training, limits }) => supported((await (await training.get()).saveState('x', limits)).path));
    const { findings } = await run([step, info], { limitMs: 2000 }, server);
    expect(findings.map(({ outcome }) => outcome)).toEqual(['failed', 'supported']);
  });

  it('refuses a bad address or a missing answer at once', async () => {
    expect(await rejection(run([], { url: 'nowhere' }))).toMatchObject({ kind: 'validation', field: 'baseUrl' });
    const thrown = await rejection(run([], { fetch: () => Promise.reject(new TypeError('fetch failed')) }));
    expect(thrown).toBeInstanceOf(TinkerError);
    expect(thrown).toMatchObject({ kind: 'connection', message: 'no answer from http://scripted.test. Is the server running and reachable?' });
  });
});
