import { describe, expect, it } from '@jest/globals';
import { ServiceClient } from '../../src/index.js';
import { resolveConfig } from '../../src/config.js';
import { rejection } from '../support/clients.js';
import { World } from '../support/journaled-service.js';
import { json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

const base = { baseUrl: 'http://scripted.test', apiKey: 'tml-k' };

describe('where journals are kept', () => {
  it('is the option, else TINKERJS_JOURNAL, else nowhere', () => {
    const env = { TINKERJS_JOURNAL: '/from/env' };
    expect(resolveConfig({ ...base, journal: '/given' }, env).journal).toBe('/given');
    expect(resolveConfig(base, env).journal).toBe('/from/env');
    expect(resolveConfig(base, { TINKERJS_JOURNAL: '' }).journal).toBeUndefined();
  });

  it('is refused when it is no text, and so is a disk that is none', () => {
    expect(() => new ServiceClient({ ...base, journal: '' })).toThrow('journal: got "", expected a non-empty string');
    const environment = { ...resolveConfig(base, {}).environment, disk: JSON.parse('{}') };
    expect(() => new ServiceClient({ ...base, environment })).toThrow('environment.disk: got an object, expected an object with the functions of JournalDisk');
    expect(() => new ServiceClient({ ...base, environment: { ...environment, disk: JSON.parse('7') } })).toThrow('environment.disk: got 7');
  });
});

describe('the journal of a new client', () => {
  it('says what the client is, on the disk of this machine', async () => {
    const world = new World();
    const directory = `${await temporaryFolder()}/made/for/it`;
    const environment = { ...world.service().environment, disk: undefined, wallNow: undefined };
    const { service } = world.service({ journal: directory, environment });
    const training = await service.createLoraTrainingClient({ baseModel: 'base', rank: 4, seed: 2n ** 60n, userMetadata: { run: 'a' } });
    await training.optimStep();
    expect(training.journal).toMatch(/\.journal$/);
    await service.close();
    const [text] = Object.values(await contentsOf(directory));
    expect(JSON.parse(text?.split('\n')[0] ?? '')).toMatchObject({
      type: 'header', version: 1, baseUrl: 'http://scripted.test', sessionId: 'S', modelId: 'S:train:0',
      model: { baseModel: 'base', rank: 4, seed: '1152921504606846976', trainMlp: true, userMetadata: { run: 'a' } },
    });
    const again = world.service({ journal: directory, environment });
    expect(await again.service.resumeTrainingClient()).toMatchObject({ outcome: 'reattached', step: 1 });
  });

  it.each(['mkdir', 'lock'])('is not begun, nor a model made, when there is no place for it: %s', async (boundary) => {
    const world = new World();
    const { service, process } = world.service();
    process.failing.set(boundary, 'EACCES');
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'journal', message: 'the folder /j cannot be written: EACCES: made up' });
    expect(world.server.to('create_model')).toEqual([]);
  });

  it('is free again when no model could be made', async () => {
    const world = new World();
    const { service } = world.service();
    world.server.next('create_model', () => json({ detail: 'no' }, 400));
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'http' });
    expect([world.files.locks.size, world.files.journals]).toEqual([0, []]);
  });

  it('takes the model back when it cannot be written', async () => {
    const world = new World();
    const { service, process } = world.service();
    process.failing.set('append', 'ENOSPC');
    expect(await rejection(service.createLoraTrainingClient({ baseModel: 'base' }))).toMatchObject({ kind: 'journal', message: expect.stringMatching(/^the journal \/j\/.* cannot be written: ENOSPC/) });
    expect(world.server.to('unload_model')).toHaveLength(1);
    expect(world.files.locks.size).toBe(0);
  });

  it('cannot be found in a folder that cannot be read', async () => {
    const world = new World();
    const { service, process } = world.service();
    process.failing.set('list', 'EACCES');
    expect(await rejection(service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message: 'the folder /j cannot be read: EACCES: made up' });
    process.failing.set('list', 'ENOENT');
    expect(await rejection(service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message: expect.stringContaining('there is no journal in /j') });
    await service.createLoraTrainingClient({ baseModel: 'base' });
    await service.close();
    const other = world.service();
    other.process.failing.set('open', 'ENOSPC');
    expect(await rejection(other.service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message: expect.stringMatching(/cannot be read and written: ENOSPC/) });
    await settle();
    expect(world.files.locks.size).toBe(0);
  });
});
