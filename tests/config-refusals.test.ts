import { inspect } from 'node:util';
import { realEnvironment } from '../src/machines/environment.js';
import { describe, expect, it } from '@jest/globals';
import { checkMetadata } from '../src/service/check-settings.js';
import { resolveConfig } from '../src/config.js';
import { assertRefuses, refusalOf, untyped } from './support/codec.js';

const apiKey = 'tml-config-key';
const local = { baseUrl: 'http://127.0.0.1:8000', apiKey };
const resolve = untyped(resolveConfig);
const aUrl = 'an http or https URL without user name, query or fragment, such as http://127.0.0.1:8000';

describe('a key that is refused', () => {
  it.each<[string, unknown, string]>([
    ['none', undefined, 'TINKER_API_KEY: no API key is given: pass the apiKey option or set TINKER_API_KEY, or name a credentialCommand'],
    ['an empty one', '', 'apiKey: no API key is given: pass the apiKey option or set TINKER_API_KEY, or name a credentialCommand'],
    ['no text', 123456789, 'apiKey: no API key is given: pass the apiKey option or set TINKER_API_KEY, or name a credentialCommand'],
    ['null', null, 'apiKey: no API key is given: pass the apiKey option or set TINKER_API_KEY, or name a credentialCommand'],
    ['one with a line break', 'tml-secret\n', 'apiKey: the API key holds characters that no key has (spaces or non-ASCII)'],
    ['one with a space', 'tml-secret key', 'apiKey: the API key holds characters that no key has (spaces or non-ASCII)'],
    ['one with a null byte', 'tml-secret\0', 'apiKey: the API key holds characters that no key has (spaces or non-ASCII)'],
    ['one beyond ASCII', 'tml-secret-ü', 'apiKey: the API key holds characters that no key has (spaces or non-ASCII)'],
    ['one of another service', 'sk-secret', 'apiKey: an API key of the Tinker cloud starts with "tml-"'],
  ])('is %s', (_, key, message) => {
    const field = message.startsWith('apiKey') ? 'apiKey' : 'TINKER_API_KEY';
    assertRefuses(() => resolve({ apiKey: key }, {}), field, message);
    expect(inspect(refusalOf(() => resolve({ apiKey: key }, {})))).not.toContain('secret');
  });

  it('is named by its variable when it comes from there', () => {
    assertRefuses(() => resolve({}, { TINKER_API_KEY: 'tml secret' }), 'TINKER_API_KEY', 'TINKER_API_KEY: the API key holds characters that no key has (spaces or non-ASCII)');
    assertRefuses(() => resolve({}, { TINKER_API_KEY: 'sk-secret' }), 'TINKER_API_KEY', 'TINKER_API_KEY: an API key of the Tinker cloud starts with "tml-"');
  });

  it('is not one of a server of one\'s own, which may look any way, nor a token', () => {
    expect(resolveConfig({ ...local, apiKey: 'sk-x' }, {}).apiKey).toBe('sk-x');
    expect(resolveConfig({ apiKey: 'eyJhbGciOi.x.y' }, {}).apiKey).toBe('eyJhbGciOi.x.y');
  });
});

describe('a base URL that is refused', () => {
  it.each<[unknown, string]>([
    ['localhost:8000', '"localhost:8000"'],
    ['ftp://h/x', '"ftp://h/x"'],
    ['not a url', '"not a url"'],
    ['', '""'],
    [null, 'null'],
    [8000, '8000'],
  ])('is shown: %p', (baseUrl, picture) => {
    assertRefuses(() => resolve({ baseUrl, apiKey }, {}), 'baseUrl', `baseUrl: got ${picture}, expected ${aUrl}`);
  });

  it.each([
    'http://user:secret@h/',
    'http://secret@h/',
    'ftp://user:secret@h/',
    'user:secret@h',
    'http://user:secret@h h/',
    'http://user:secret@h/?x=1',
    'http://h/?token=secret',
    'http://h/?',
    'http://h/#secret',
    'tml-secret-key-in-the-wrong-place',
    'eyJsecret.x.y',
  ])('is not shown where it may hold a secret: %s', (baseUrl) => {
    assertRefuses(() => resolve({ baseUrl, apiKey }, {}), 'baseUrl', `baseUrl: expected ${aUrl}`);
    assertRefuses(() => resolve({}, { TINKER_BASE_URL: baseUrl, TINKER_API_KEY: apiKey }), 'TINKER_BASE_URL', `TINKER_BASE_URL: expected ${aUrl}`);
  });

  it('is named by its variable when it comes from there', () => {
    assertRefuses(() => resolve({ apiKey }, { TINKER_BASE_URL: 'h:1' }), 'TINKER_BASE_URL', `TINKER_BASE_URL: got "h:1", expected ${aUrl}`);
  });
});

describe('headers that are refused', () => {
  const badCharacters = 'or its value has characters that no header may have';
  it.each<[string, unknown, string]>([
    ['a value with a line break', { 'X-Own': 'secret\r\nX-Evil: 1' }, `defaultHeaders: "X-Own" ${badCharacters}`],
    ['a value beyond Latin-1', { 'X-Own': 'secret 你' }, `defaultHeaders: "X-Own" ${badCharacters}`],
    ['a name with a space', { 'X Own': 'secret' }, `defaultHeaders: "X Own" ${badCharacters}`],
    ['an empty name', { '': 'secret' }, `defaultHeaders: "" ${badCharacters}`],
    ['a number', { 'X-Own': 5 }, 'defaultHeaders: "X-Own" has a value that is not a string'],
    ['undefined', { 'X-Own': undefined }, 'defaultHeaders: "X-Own" has a value that is not a string'],
    ['what belongs to the transport', { 'Transfer-Encoding': 'chunked' }, 'defaultHeaders: "Transfer-Encoding" is set by the transport and cannot be given'],
    ['a host', { host: 'secret.test' }, 'defaultHeaders: "host" is set by the transport and cannot be given'],
    ['a Headers object, whose fields are elsewhere', new Headers({ a: 'b' }), 'defaultHeaders: got an object, expected a plain object of header values by name'],
    ['text', 'X-Own: secret', 'defaultHeaders: got "X-Own: secret", expected a plain object of header values by name'],
    ['null', null, 'defaultHeaders: got null, expected a plain object of header values by name'],
  ])('are %s', (_, defaultHeaders, message) => {
    assertRefuses(() => resolve({ ...local, defaultHeaders }, {}), 'defaultHeaders', message);
  });

  it('are named by their variable when they come from there, without their value', () => {
    const message = `CLOUDFLARE_ACCESS_CLIENT_SECRET: "CF-Access-Client-Secret" ${badCharacters}`;
    assertRefuses(() => resolve(local, { CLOUDFLARE_ACCESS_CLIENT_SECRET: 'secret\n!' }), 'CLOUDFLARE_ACCESS_CLIENT_SECRET', message);
  });
});

describe('options that are refused', () => {
  const json = 'what JSON can carry: text, a finite number, true, false, null, an array or a plain object';
  const ms = 'a number of milliseconds above 0, at most 2147483647';
  it.each<[string, unknown, string, string]>([
    ['projectId', '', 'projectId', 'projectId: got "", expected a non-empty string'],
    ['projectId', 7, 'projectId', 'projectId: got 7, expected a non-empty string'],
    ['tags', 'a,b', 'tags', 'tags: got "a,b", expected an array of strings'],
    ['tags', ['a', 1], 'tags', 'tags: got an array of 2, expected an array of strings'],
    ['userMetadata', ['a'], 'userMetadata', 'userMetadata: got an array of 1, expected a plain object'],
    ['userMetadata', new Map(), 'userMetadata', 'userMetadata: got an object, expected a plain object'],
    ['userMetadata', null, 'userMetadata', 'userMetadata: got null, expected a plain object'],
    ['userMetadata', { run: { id: 7n } }, 'userMetadata.run.id', `userMetadata.run.id: got 7n, expected ${json}`],
    ['fetch', {}, 'fetch', 'fetch: got an object, expected a function'],
    ['onError', 'log', 'onError', 'onError: got "log", expected a function'],
    ['onSessionAtRisk', 'log', 'onSessionAtRisk', 'onSessionAtRisk: got "log", expected a function'],
    ['onSessionLost', {}, 'onSessionLost', 'onSessionLost: got an object, expected a function'],
    ['onQueueState', 7, 'onQueueState', 'onQueueState: got 7, expected a function'],
    ['timeoutMs', 0, 'timeoutMs', `timeoutMs: got 0, expected ${ms}`],
    ['timeoutMs', Number.NaN, 'timeoutMs', `timeoutMs: got NaN, expected ${ms}`],
    ['timeoutMs', '60', 'timeoutMs', `timeoutMs: got "60", expected ${ms}`],
    ['requestDeadlineMs', Infinity, 'requestDeadlineMs', `requestDeadlineMs: got Infinity, expected ${ms}`],
    ['requestDeadlineMs', -1, 'requestDeadlineMs', `requestDeadlineMs: got -1, expected ${ms}`],
    ['unreachableDeadlineMs', 2 ** 31, 'unreachableDeadlineMs', `unreachableDeadlineMs: got 2147483648, expected ${ms}`],
  ])('%s %p', (name, value, field, message) => {
    assertRefuses(() => resolve({ ...local, [name]: value }, {}), field, message);
  });

  it.each([[null], ['options'], [[]]])('%p for all of them', (options: unknown) => {
    expect(refusalOf(() => resolve(options, {})).message).toMatch(/^options: got .+, expected an object$/);
  });
});

describe('checkMetadata', () => {
  it('hands back what goes through JSON, and nothing for nothing', () => {
    const facts = { a: 1, b: ['x'] };
    expect(checkMetadata('userMetadata', facts)).toBe(facts);
    expect(checkMetadata('userMetadata', undefined)).toBeUndefined();
  });
});

describe('options', () => {
  const given = { apiKey: 'k', baseUrl: 'http://localhost' };
  it.each([
    [{ ...given, baseURL: 'http://localhost' }, 'options.baseURL: there is no such option; the options are apiKey, credentialCommand, baseUrl'],
    [{ ...given, inspect: 5 }, 'inspect: got 5, expected what startInspector gives as inspect, { file }, a watcher, an xstate observer with a next function'],
    [{ ...given, environment: 5 }, 'environment: got 5, expected an object'],
    [{ ...given, environment: {} }, 'environment.now: got undefined, expected a function'],
    [{ ...given, environment: { ...realEnvironment, wallNow: 5 } }, 'environment.wallNow: got 5, expected a function'],
    [{ ...given, environment: { ...realEnvironment, clock: 5 } }, 'environment.clock: got 5, expected an object with setTimeout and clearTimeout'],
    [{ ...given, environment: { ...realEnvironment, clock: {} } }, 'environment.clock: got an object, expected an object with setTimeout'],
    [{ ...given, environment: { ...realEnvironment, clock: { setTimeout } } }, 'environment.clock: got an object, expected an object with setTimeout'],
  ])('refuses %p', (options: object, message) => {
    expect(() => resolveConfig(options, {})).toThrow(message);
  });

  it('refuses a key under a misspelt name without showing it', () => {
    const { message } = refusalOf(() => resolve({ apikey: 'tml-secret' }, {}));
    expect(message).toMatch(/^options\.apikey: there is no such option; the options are apiKey, /);
    expect(message).not.toContain('secret');
  });
});
