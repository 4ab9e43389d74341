import { describe, expect, it } from '@jest/globals';
import { runCredentialCommand } from '../../src/credentials/credential-command.js';
import { rejection } from '../support/clients.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

/** A command that works in the shells of all systems. */
const node = (script: string) => `"${process.execPath}" -e "${script}"`;
const { clock } = simulatedEnvironment();
const { signal: open } = new AbortController();
const advice = 'Run it by hand to see why.';

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

  it('ends a command that does not end within 30 s', async () => {
    const { clock: patient } = simulatedEnvironment();
    const refused = rejection(runCredentialCommand(node('setInterval(() => 0, 1000)'), patient, open));
    await settle();
    patient.increment(30_000);
    expect(await refused).toMatchObject({ message: expect.stringContaining('did not end within 30 s') });
  });
});
