import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { train } from '../support/live-training.js';
import { keepPicture, openPage } from './support/browser.js';
import { textOf, textsOf } from './support/reading.js';
import { beginRun, useServer } from './support/run.js';
import { untilIt, untilShown } from './support/waiting.js';

const server = useServer();

describe('a lost session', () => {
  it('is shown with what to do, and the checkpoint to go on from', async () => {
    const { inspector, service, training } = await beginRun(server());
    await train(training, 1, 1);
    const { path } = await training.saveState('before');
    const page = await openPage(inspector.url);
    await untilIt(page, () => textOf(page, 'session-state'), (state) => state === 'beating');

    // The server forgets everything it knew.
    const { dataDir } = server();
    await server().kill('SIGKILL');
    for (const name of await readdir(dataDir)) await rm(join(dataDir, name), { recursive: true, force: true });
    await server().restart();
    await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4 }).then(undefined, () => undefined);

    await untilIt(page, () => textOf(page, 'session-state'), (state) => state === 'lost');
    expect(service.getSnapshot().session.state).toBe('lost');
    expect(await textOf(page, 'session-advice')).toBe(
      `The server does not know this session any more, and nothing more will succeed in it. Open a new ServiceClient and restore ${path}.`,
    );
    await untilIt(page, () => textsOf(page, 'attention-item'), (items) => items.some((item) => item.includes('The session is lost')));
    await untilIt(page, () => textsOf(page, 'error-row'), (rows) => rows.some((row) => row.startsWith('sessionLost') && row.includes('createTrainingClientFromStateWithOptimizer')));
    await keepPicture(page, 'lost-session');
  });

  it('is not there after a restart of the server that kept its data', async () => {
    const { inspector, service } = await beginRun(server());
    const page = await openPage(inspector.url);
    await server().restart();
    const { training } = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4 }).then((client) => ({ training: client }));
    await untilShown(page, async () => (await page.getByRole('tab').allTextContents()).length, () => 2);
    await page.getByRole('tab').last().click();
    await untilIt(page, () => textOf(page, 'training-id'), (id) => id === training.modelId);
    expect(await textOf(page, 'session-state')).toBe('beating');
    expect(await page.getByTestId('session-advice').count()).toBe(0);
  });
});
