import { afterEach, describe, expect, it, jest } from '@jest/globals';
import nock from 'nock';
import { cloudUrl, resolveConfig, type ServiceConfig } from '../src/config.js';
import { realEnvironment } from '../src/machines/environment.js';
import { TinkerError } from '../src/types/errors.js';
import { version } from '../src/types/version.js';

const apiKey = 'tml-config-key';
const local = { baseUrl: 'http://127.0.0.1:8000', apiKey };

afterEach(() => {
  jest.restoreAllMocks();
});

describe('resolveConfig', () => {
  it('needs a key only, and has a default for everything else', () => {
    const config = resolveConfig({ apiKey }, {});
    expect(config).toMatchObject({
      apiKey,
      credentialCommand: undefined,
      baseUrl: 'https://tinker.thinkingmachines.dev/services/tinker-prod',
      userMetadata: {},
      projectId: undefined,
      tags: [],
      headers: expect.objectContaining({ 'User-Agent': `tinkerjs/${version}`, 'X-Stainless-Package-Version': '0.25.0' }),
      fetch: expect.any(Function),
      inspection: { observers: [], watchers: [] },
      onError: expect.any(Function),
      onSessionAtRisk: expect.any(Function),
      onQueueState: undefined,
      timeoutMs: 60_000,
      requestDeadlineMs: 300_000,
      unreachableDeadlineMs: 3_600_000,
      environment: realEnvironment,
    });
  });

  it('takes every option', () => {
    const given = {
      apiKey: 'any-key-without-prefix',
      credentialCommand: 'print-key',
      baseUrl: 'http://localhost:8000',
      userMetadata: { a: { b: [1, null] } },
      projectId: 'proj',
      tags: ['b', 'a'],
      fetch: () => Promise.resolve(new Response()),
      inspect: () => undefined,
      onError: () => undefined,
      timeoutMs: 1,
      requestDeadlineMs: 0.5,
      unreachableDeadlineMs: 2_147_483_647,
      environment: { ...realEnvironment },
    };
    const { headers, inspection, onError, ...rest } = resolveConfig({ ...given, defaultHeaders: { 'X-Own': 'v' } }, {});
    expect({ ...rest, inspect: given.inspect, onError: given.onError }).toMatchObject(given);
    // Both are guarded; what they do is tested with the guards.
    expect([inspection.observers.length, inspection.watchers, typeof onError]).toEqual([1, [], 'function']);
    expect(headers).toMatchObject({ 'X-Own': 'v' });
    expect(rest.fetch).toBe(given.fetch);
    expect(rest.environment).toBe(given.environment);
  });

  it('reads the environment where an option is absent', () => {
    const env = {
      TINKER_API_KEY: apiKey,
      TINKER_BASE_URL: 'http://h:1/base',
      TINKER_PROJECT_ID: 'from-env',
      TINKER_TAGS: 'b,a,b,,a b',
      CLOUDFLARE_ACCESS_CLIENT_ID: 'cf-id',
      CLOUDFLARE_ACCESS_CLIENT_SECRET: 'cf-secret',
    };
    const config = resolveConfig({}, env);
    expect(config).toMatchObject({ apiKey, baseUrl: 'http://h:1/base', projectId: 'from-env', tags: ['b', 'a', 'a b'] });
    expect(config.headers).toMatchObject({ 'CF-Access-Client-Id': 'cf-id', 'CF-Access-Client-Secret': 'cf-secret' });
    expect(resolveConfig({ apiKey: 'tml-other', baseUrl: 'http://other', projectId: 'own', tags: ['own', 'own'] }, env)).toMatchObject({
      apiKey: 'tml-other',
      baseUrl: 'http://other',
      projectId: 'own',
      tags: ['own'],
    });
  });

  it('reads the environment of the process', () => {
    jest.replaceProperty(process, 'env', { TINKER_API_KEY: apiKey, TINKER_BASE_URL: 'http://process.test' });
    expect(resolveConfig()).toMatchObject({ apiKey, baseUrl: 'http://process.test' });
  });

  it('takes empty variables for unset ones', () => {
    const empty = { TINKER_CREDENTIAL_CMD: '', TINKER_BASE_URL: '', TINKER_PROJECT_ID: '', TINKER_TAGS: '', CLOUDFLARE_ACCESS_CLIENT_ID: '', CLOUDFLARE_ACCESS_CLIENT_SECRET: '' };
    const config = resolveConfig({ apiKey }, empty);
    expect(config).toMatchObject({ baseUrl: cloudUrl, projectId: undefined, tags: [] });
    expect(config.credentialCommand).toBeUndefined();
    expect(Object.keys(config.headers).filter((name) => name.startsWith('CF-'))).toEqual([]);
  });

  it('lets own headers stand before those of the caller, which may replace them', () => {
    const { headers } = resolveConfig({ ...local, defaultHeaders: { 'User-Agent': 'mine/1', 'CF-Access-Client-Id': 'own' } }, { CLOUDFLARE_ACCESS_CLIENT_ID: 'env' });
    expect(headers).toMatchObject({ 'User-Agent': 'mine/1', 'X-Stainless-Package-Version': '0.25.0', 'CF-Access-Client-Id': 'own' });
  });
});

describe('the base URL', () => {
  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
    ['http://h:1/base', 'http://h:1/base'],
    ['https://h/a/b//', 'https://h/a/b'],
    ['HTTP://Host.Test:80/Path', 'http://host.test/Path'],
  ])('%s is %s', (baseUrl, resolved) => {
    expect(resolveConfig({ baseUrl, apiKey }, {}).baseUrl).toBe(resolved);
  });

  it('is known as the cloud with a slash too', () => {
    expect(() => resolveConfig({ baseUrl: `${cloudUrl}/`, apiKey: 'short' }, {})).toThrow('an API key of the Tinker cloud starts with "tml-"');
  });
});

describe('what is left to itself', () => {
  it('sends through the global fetch of the moment', async () => {
    nock('http://later.test').get('/x').reply(200, 'found');
    const config: ServiceConfig = resolveConfig(local, {});
    expect(await (await config.fetch('http://later.test/x')).text()).toBe('found');
    expect(nock.isDone()).toBe(true);
  });

  it('tells the console of an operation that failed unobserved', () => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    resolveConfig(local, {}).onError(new TinkerError('http', 'saveState: the server answered 500'));
    expect(said.mock.calls).toEqual([['tinkerjs: an operation failed and nobody awaited it: saveState: the server answered 500']]);
  });
});
