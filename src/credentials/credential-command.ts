import { exec } from 'node:child_process';
import type { Clock } from '../machines/environment.js';
import { TinkerError } from '../types/errors.js';

const longestMs = 30_000;
const field = 'credentialCommand';

/**
 * Runs the shell command that prints a credential. Neither the command nor what it prints, not even as
 * an error, is told: either may hold the credential.
 * @param over ends it: nobody wants the credential any more
 * @throws TinkerError `validation` when it fails, prints nothing, or takes more than 30 s; `cancelled` when it is ended
 */
export async function runCredentialCommand(command: string, clock: Clock, over: AbortSignal): Promise<string> {
  const patience = new AbortController();
  const timer: unknown = clock.setTimeout(() => patience.abort(), longestMs);
  try {
    const printed = (await outputOf(command, patience.signal, over)).trim();
    if (/^[\x21-\x7e]+$/.test(printed)) return printed;
    throw refused(printed === '' ? 'printed nothing' : 'printed something that is no credential (spaces or non-ASCII)');
  } finally {
    clock.clearTimeout(timer);
  }
}

function outputOf(command: string, patience: AbortSignal, over: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    exec(command, { signal: AbortSignal.any([patience, over]), windowsHide: true }, (failed, stdout) => {
      if (failed === null) resolve(stdout);
      else if (over.aborted) reject(new TinkerError('cancelled', `${field}: the credential command was ended, since nobody waits for it any more`));
      else if (patience.aborted) reject(refused(`did not end within ${longestMs / 1000} s`));
      else reject(refused(`failed (${typeof failed.code === 'number' ? `exit code ${failed.code}` : 'killed'})`));
    });
  });
}

function refused(what: string): TinkerError {
  return new TinkerError('validation', `${field}: the credential command (option or TINKER_CREDENTIAL_CMD) ${what}. Run it by hand to see why.`, { field });
}
