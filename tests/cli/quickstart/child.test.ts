import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Children, type Program } from '../../../src/cli/quickstart/child.js';

// Node runs only the compiled form.
const compiled = new URL('../../../dist/cli/quickstart/', import.meta.url);
const exitWithParent = new URL('exit-with-parent.js', compiled).href;

describe('Children', () => {
  let directory = '';
  const children = new Children(exitWithParent);
  const lines: string[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quickstart-child-'));
    lines.length = 0;
  });

  afterEach(async () => {
    children.killAll();
    await rm(directory, { recursive: true });
  });

  async function program(source: string, args: readonly string[] = []): Promise<Program> {
    const script = join(directory, 'program.mjs');
    await writeFile(script, source);
    return { script, args, environment: { ONLY: 'this' }, onLine: (line) => void lines.push(line) };
  }

  it('hands over lines, arguments and the environment, and ends with the program', async () => {
    const child = children.start(await program('console.log(process.argv[2]); console.log(process.env.ONLY, process.env.PATH)', ['one two']));
    await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
    expect(lines).toEqual(['one two', 'this undefined']);
  });

  it('keeps what a failing program wrote to standard error', async () => {
    const child = children.start(await program('console.error("it broke"); process.exitCode = 3'));
    await expect(child.exited).resolves.toEqual({ code: 3, signal: null });
    expect(child.complaint()).toBe('it broke');
  });

  it('reduces an uncaught error to its message', async () => {
    const child = children.start(await program('throw new TypeError("no such thing")'));
    await expect(child.exited).resolves.toEqual({ code: 1, signal: null });
    expect(child.complaint()).toBe('TypeError: no such thing');
  });

  it('reports the signal that ended a program', async () => {
    const child = children.start(await program('setInterval(() => {}, 1000)'));
    child.kill('SIGKILL');
    await expect(child.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('kills all that still run', async () => {
    const endless = await program('setInterval(() => {}, 1000)');
    const both = [children.start(endless), children.start(endless)];
    children.killAll();
    await expect(Promise.all(both.map((child) => child.exited))).resolves.toEqual([
      { code: null, signal: 'SIGKILL' }, { code: null, signal: 'SIGKILL' },
    ]);
  });

  describe('when the parent itself is killed', () => {
    let server: Server;
    let grandchild: Socket | undefined;

    beforeEach(async () => {
      server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
    });

    afterEach(() => {
      grandchild?.destroy();
      server.close();
    });

    it('takes the children along', async () => {
      const endless = join(directory, 'endless.mjs');
      await writeFile(endless, 'import { connect } from "node:net"; connect(Number(process.argv[2]), "127.0.0.1")');
      const parent = children.start(await program(`
        import { Children } from ${JSON.stringify(new URL('child.js', compiled).href)};
        new Children().start({ script: process.argv[2], args: [process.argv[3]], environment: {}, onLine: () => {} });
      `, [endless, String((server.address() as AddressInfo).port)]));
      const [socket] = await once(server, 'connection') as [Socket];
      grandchild = socket.on('error', () => undefined).resume();
      // Not `once` from node:events, which gives up at a reset: that is an end like any other.
      const gone = new Promise<boolean>((resolve) => socket.once('close', () => { resolve(true); }));
      parent.kill('SIGKILL');
      await parent.exited;
      await expect(gone).resolves.toBe(true);
    });
  });
});
