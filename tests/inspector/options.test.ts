import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { environmentInspector, serveRecording, startInspector, type Inspector, type InspectorOptions } from '../../src/inspector/index.js';
import { untyped } from '../support/untyped.js';
import { madeService } from './made.js';
import { recordingFiles, recordingText } from './recording-files.js';

const open: Pick<Inspector, 'close'>[] = [];
afterEach(async () => {
  delete process.env['TINKERJS_INSPECT_PORT'];
  jest.restoreAllMocks();
  for (const inspector of open.splice(0)) await inspector.close();
});

async function started(options: InspectorOptions): Promise<Inspector> {
  const inspector = await startInspector(options);
  open.push(inspector);
  return inspector;
}

/** A port that somebody else has. */
async function takenPort(): Promise<number> {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  open.push({ close: () => new Promise((resolve) => occupant.close(() => resolve())) });
  const address = occupant.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('options of the inspector', () => {
  it.each([
    ['{"port":-1}', 'port: got -1, expected a whole number from 0 to 65535'],
    ['{"port":"8472"}', 'port: got "8472", expected a whole number from 0 to 65535'],
    ['{"port":65536}', 'port: got 65536'],
    ['{"host":"0.0.0.0"}', 'host: got "0.0.0.0", expected "127.0.0.1" or "::1": to see the page from another machine, use a tunnel such as ssh -L'],
    ['{"host":"localhost"}', 'host: got "localhost"'],
    ['{"control":"yes"}', 'control: got "yes", expected true or false'],
    ['{"maxBytes":10}', 'maxBytes: got 10, expected a whole number from 65536 to 1073741824'],
    ['{"log":"stderr"}', 'log: got "stderr", expected a function that takes a line of text'],
    ['{"token":"secret"}', 'token: is not an option of the inspector; its options are port, host, maxBytes, log, control.'],
    ['[]', 'options: got an array of 0, expected an object with settings of the inspector'],
    ['null', 'options: got null'],
  ])('refuses %s', async (json, message) => {
    await expect(startInspector(untyped<InspectorOptions>(json))).rejects.toMatchObject({
      kind: 'validation',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('says on stderr, in one line, where the page is', async () => {
    const said = jest.spyOn(console, 'error').mockReturnValue(undefined);
    const { url } = await started({ port: 0 });
    expect(said.mock.calls).toEqual([[`tinkerjs inspector: ${url}`]]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('takes no harm from a log that fails', async () => {
    const { url } = await started({ port: 0, log: () => { throw new Error('full'); } });
    expect((await fetch(url)).status).toBe(200);
  });

  it('says what to do when the port that was asked for is taken', async () => {
    const port = await takenPort();
    await expect(startInspector({ port })).rejects.toMatchObject({
      kind: 'connection',
      message: `Port ${port} on 127.0.0.1 is in use. Stop what listens there, choose another port, or leave it out: any free one is taken then.`,
    });
  });

  it('takes any free port where nobody asked for one, and the default is taken', async () => {
    const log = (): void => undefined;
    const [one, other] = [await started({ log }), await started({ log })];
    expect(one.url).not.toBe(other.url);
    expect(other.url).not.toMatch(/:8472$/);
    expect((await fetch(other.url)).status).toBe(200);
  });

  it('refuses control of a recording', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText([madeService]) });
    await expect(serveRecording(file, untyped('{"control":true}'))).rejects.toMatchObject({
      kind: 'validation',
      message: 'control: is not an option of the recording; its options are port, host, maxBytes, log.',
    });
  });
});

describe('the inspector of the environment', () => {
  it('is one for the whole process, on the port of the environment', async () => {
    jest.spyOn(console, 'error').mockReturnValue(undefined);
    process.env['TINKERJS_INSPECT_PORT'] = '70000';
    await expect(environmentInspector()).rejects.toMatchObject({
      kind: 'validation',
      message: 'TINKERJS_INSPECT_PORT: got "70000", expected a whole number from 0 to 65535',
    });
    process.env['TINKERJS_INSPECT_PORT'] = String(await takenPort());
    await expect(environmentInspector()).rejects.toMatchObject({ kind: 'connection' });
    process.env['TINKERJS_INSPECT_PORT'] = '0';
    const inspector = await environmentInspector();
    open.push(inspector);
    expect(await environmentInspector()).toBe(inspector);
    expect((await fetch(inspector.url)).status).toBe(200);
  });
});
