import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { endWithAll, runCredentialCommand } from '../../src/credentials/credential-command.js';
import { rejection } from '../support/clients.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

/** A command that works in the shells of all systems. */
const node = (script: string) => `"${process.execPath}" -e "${script}"`;
const { clock } = simulatedEnvironment();
const { signal: open } = new AbortController();
const advice = 'Run it by hand to see why.';

/** Whether there is such a process, which ends with the test when it is never ended. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('runCredentialCommand', () => {
  it('gives what the command prints, without the space around it', async () => {
    await expect(runCredentialCommand(node("console.log(' tml-printed '); console.error('a warning')"), clock, open)).resolves.toBe('tml-printed');
  });

  it.each([
    ["console.log(' ')", 'printed nothing'],
    ["console.log('tml-secret of two words')", 'printed something that is no credential (spaces or non-ASCII)'],
    ["console.error('tml-secret'); process.exit(3)", 'failed (exit code 3)'],
    ["console.log('tml-secret'); process.kill(process.pid, 'SIGKILL')", 'failed ('],
  ])('refuses a command that does %s, without showing it', async (script, why) => {
    const error = await rejection(runCredentialCommand(node(script), clock, open));
    const message = `credentialCommand: the credential command (option or TINKER_CREDENTIAL_CMD) ${why}`;
    expect(error).toMatchObject({ kind: 'validation', field: 'credentialCommand', message: expect.stringContaining(message) });
    expect(String(error)).toContain(advice);
    expect(String(error)).not.toContain('tml-secret');
  });

  it('says so when the shell itself was ended', async () => {
    const error = await rejection(runCredentialCommand('kill -9 $$', clock, open));
    expect(error).toMatchObject({ message: expect.stringMatching(/TINKER_CREDENTIAL_CMD\) failed \((killed|exit code \d+)\)/) });
  });

  it('ends a command that does not end within 30 s, and what it has started', async () => {
    const { clock: patient } = simulatedEnvironment();
    const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-command-'));
    try {
      const pidFile = join(folder, 'pid');
      const script = `require('fs').writeFileSync('${pidFile}', String(process.pid)); setInterval(() => 0, 1000)`;
      const refused = rejection(runCredentialCommand(`${node(script)}; true`, patient, open));
      let pid = 0;
      while (pid === 0) {
        await settle();
        pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
      }
      patient.increment(30_000);
      expect(await refused).toMatchObject({ message: expect.stringContaining('did not end within 30 s') });
      while (isRunning(pid)) await settle();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('refuses a command that no system starts, without showing it', async () => {
    const error = await rejection(runCredentialCommand('tml-secret'.repeat(1_000_000), clock, open));
    expect(error).toMatchObject({ kind: 'validation', message: expect.stringContaining('TINKER_CREDENTIAL_CMD) could not be started') });
    expect(inspect(error)).not.toContain('tml-secret');
  });

  it('ends a command that prints without end', async () => {
    const error = await rejection(runCredentialCommand(node("setInterval(() => console.log('x'.repeat(100000)), 1)"), clock, open));
    expect(error).toMatchObject({ message: expect.stringContaining('failed (killed)') });
  });

  it('ends at once what nobody waits for from the start', async () => {
    const error = await rejection(runCredentialCommand(node('setInterval(() => 0, 1000)'), clock, AbortSignal.abort()));
    expect(error).toMatchObject({ kind: 'cancelled' });
  });
});

describe('endWithAll', () => {
  it('ends the process alone where it leads no group', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    endWithAll(child);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
