import { describe, expect, it } from '@jest/globals';
import { namesOf, tokenizerOfClient, type GetTokenizerOptions, type ModelNames } from '../../src/tokenizer/client-tokenizer.js';
import { tokenizerConfigJson, tokenizerJson } from '../../src/server/tokenizers/tokenizer-files.js';
import { rejection, scriptedService, scriptedTraining } from '../support/clients.js';
import { untyped } from '../support/codec.js';
import { held, json } from '../support/scripted-server.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

let hosts = 0;

/** A service of its own, whose web has a tokenizer at these addresses only. */
function service(...known: string[]) {
  hosts += 1;
  const baseUrl = `http://server-${hosts}.test/prefix`;
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = (input) => {
    const url = new Request(input).url;
    asked.push(url);
    if (!known.some((base) => url.startsWith(`${base.replace('BASE', baseUrl)}/`))) return Promise.resolve(json({}, 404));
    return Promise.resolve(json(url.endsWith('config.json') ? tokenizerConfigJson(8) : tokenizerJson()));
  };
  const host = { baseUrl, fetch, environment: simulatedEnvironment() };
  const get = (names: ModelNames, options: GetTokenizerOptions = {}) =>
    tokenizerOfClient(host, () => Promise.resolve(names), { hubUrl: `https://hub-${hosts}.test`, ...options });
  return { host, asked, get, hub: `https://hub-${hosts}.test` };
}

describe('tokenizerOfClient', () => {
  it("takes a local model's from its server, past a prefix of the address", async () => {
    const { get, asked, host } = service('BASE/tokenizers/local/tiny');
    expect((await get({ modelName: 'local/tiny', tokenizerId: 'local/tiny' })).eosTokenId).toBe(257);
    expect(asked).toEqual(['tokenizer.json', 'tokenizer_config.json'].map((file) => `${host.baseUrl}/tokenizers/local/tiny/${file}`));
  });

  it.each<[string, ModelNames, string]>([
    ['the name', { modelName: 'Qwen/Qwen3-8B' }, 'Qwen/Qwen3-8B/resolve/main'],
    ["the server's word", { modelName: 'x/y', tokenizerId: 'other/t:1' }, 'other/t/resolve/main'],
    ["the server's word alone", { modelName: undefined, tokenizerId: 'other/t' }, 'other/t/resolve/main'],
    ['a pinned revision', { modelName: 'moonshotai/Kimi-K2.6' }, 'moonshotai/Kimi-K2.6/resolve/b5aabbfb20227ed42becbf5541dbffd213942c58'],
  ])('goes to the hub by %s', async (_, names, path) => {
    const { get, asked, hub } = service('https://hub');
    const refused = await rejection(get(names));
    expect(refused).toMatchObject({ status: 404 });
    expect(asked[0]).toBe(`${hub}/${path}/tokenizer.json`);
  });

  it('goes where the caller says, without asking the server', async () => {
    const { host, asked } = service('http://mine-1.test/t');
    const never = () => Promise.reject(new Error('asked'));
    expect((await tokenizerOfClient(host, never, { source: new URL('http://mine-1.test/t') })).vocabSize).toBe(260);
    expect(asked).toHaveLength(2);
  });

  it('says where the name came from when there is none', async () => {
    const { get, hub } = service();
    expect(await rejection(get({ modelName: 'a/b', tokenizerId: 'c/d' }))).toMatchObject({
      kind: 'http',
      message:
        `getTokenizer: There is no tokenizer at ${hub}/c/d/resolve/main/tokenizer.json. Check the name and the revision; some ` +
        'repositories hold a tokenizer in Python code only. If you have it converted, pass the directory that holds its ' +
        'tokenizer.json as the source. The server names c/d as the tokenizer of a/b',
    });
  });

  it("says what to do about a directory on the server's machine", async () => {
    const { get } = service();
    expect(await rejection(get({ modelName: 'a/b', tokenizerId: '/nowhere/models/b' }))).toMatchObject({
      kind: 'validation',
      field: 'source',
      message:
        'getTokenizer: source: there is no tokenizer.json in /nowhere/models/b. Pass the directory that holds its tokenizer.json ' +
        'as the source, or a hub address such as org/name. The server names /nowhere/models/b as the tokenizer of a/b, which is ' +
        'a directory on its own machine: copy it here and pass its place as the source option',
    });
  });

  it('refuses private ones, and models without a name', async () => {
    const { get, asked } = service();
    expect(await rejection(get({ modelName: 'TML/x' }))).toMatchObject({ kind: 'validation', field: 'tokenizerId' });
    expect(await rejection(get({ modelName: undefined }))).toMatchObject({
      kind: 'malformedResponse',
      message: 'getTokenizer: the server does not say which model this is. Pass the source option',
    });
    expect(asked).toEqual([]);
  });

  it("fails as the question to the server fails, and within the caller's limits", async () => {
    const { host } = service();
    const failure = new Error('no answer');
    expect(await rejection(tokenizerOfClient(host, () => Promise.reject(failure), {}))).toBe(failure);
    const late = rejection(tokenizerOfClient(host, () => new Promise(() => undefined), { timeoutMs: 50 }));
    await settle();
    host.environment.clock.increment(50);
    expect(await late).toMatchObject({ kind: 'timeout', elapsedMs: 50 });
  });

  it('refuses options that it does not have', async () => {
    const { host } = service();
    const wrong = untyped((options: GetTokenizerOptions) => rejection(tokenizerOfClient(host, () => Promise.resolve({ modelName: 'a/b' }), options)));
    expect(await wrong({ fetch: globalThis.fetch })).toMatchObject({ kind: 'validation', field: 'options.fetch' });
    expect(await wrong(null)).toMatchObject({ kind: 'validation', message: 'options: got null, expected an object' });
    expect(await wrong({ sources: './x' })).toMatchObject({
      message: 'options.sources: there is no such option; the options are source, hubUrl, token, maxBytes, signal, timeoutMs',
    });
  });
});

describe('namesOf', () => {
  it('reads what there is', () => {
    const info = { modelId: 'm', modelData: { modelName: 'a/b', tokenizerId: 'c/d' }, modelName: 'e/f' };
    expect(namesOf(info)).toEqual({ modelName: 'a/b', tokenizerId: 'c/d' });
    expect(namesOf({ ...info, modelData: {} })).toEqual({ modelName: 'e/f', tokenizerId: undefined });
  });
});

describe('TrainingClient.getTokenizer', () => {
  it('asks the server which model it is, and does not wait for operations', async () => {
    const { server, service: client, training } = await scriptedTraining({ baseUrl: 'http://training.test' });
    server.next('optim_step', held().handler);
    const step = rejection(training.optimStep());
    server.next('get_info', () => json({ model_id: 'm', model_data: { model_name: 'local/tiny' } }));
    // Nobody has a tokenizer at a scripted server's.
    expect(await rejection(training.getTokenizer())).toMatchObject({
      status: 404,
      message: expect.stringContaining('There is no tokenizer at http://training.test/tokenizers/local/tiny/tokenizer.json'),
    });
    expect(server.to('get_info').map(({ body }) => body)).toEqual([{ model_id: 'S:train:0', type: 'get_info' }]);
    await client.close();
    await step;
  });
});

describe('SamplingClient.getTokenizer', () => {
  it('asks the server which base model it samples from', async () => {
    const { server, service: client } = scriptedService({ baseUrl: 'http://sampling.test' });
    server.next('create_sampling_session', () => json({ sampling_session_id: 'Q' }));
    server.next('samplers/Q', () => json({ sampler_id: 'Q', base_model: 'local/small', model_path: null }));
    const sampling = await client.createSamplingClient({ baseModel: 'local/small' });
    expect(await rejection(sampling.getTokenizer())).toMatchObject({
      status: 404,
      message: expect.stringContaining('There is no tokenizer at http://sampling.test/tokenizers/local/small/tokenizer.json'),
    });
    await client.close();
  });
});
