import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../machines/environment.js';
import { TinkerError } from '../types/errors.js';

const longestMs = 30_000;
// Far more than any credential: what prints without end must not fill the memory.
const mostText = 1_000_000;
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
  } catch (thrown) {
    // What Node says of a command that cannot be started shows the command.
    throw thrown instanceof TinkerError ? thrown : refused('could not be started');
  } finally {
    clock.clearTimeout(timer);
  }
}

function outputOf(command: string, patience: AbortSignal, over: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that it can be ended together with whatever it starts.
    const child = spawn(command, { shell: true, detached: process.platform !== 'win32', windowsHide: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = AbortSignal.any([patience, over]);
    const end = () => endWithAll(child);
    ended.addEventListener('abort', end, { once: true });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length > mostText) end();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      ended.removeEventListener('abort', end);
      if (code === 0) resolve(printed);
      else if (over.aborted) reject(new TinkerError('cancelled', `${field}: the credential command was ended, since nobody waits for it any more`));
      else if (patience.aborted) reject(refused(`did not end within ${longestMs / 1000} s`));
      else reject(refused(`failed (${code === null ? 'killed' : `exit code ${code}`})`));
    });
    if (ended.aborted) end();
  });
}

/** Ends a process with all that it has started; ending a shell alone would leave its command running. */
export function endWithAll(child: Pick<ChildProcess, 'pid' | 'kill'>): void {
  try {
    process.kill(-Number(child.pid), 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function refused(what: string): TinkerError {
  return new TinkerError('validation', `${field}: the credential command (option or TINKER_CREDENTIAL_CMD) ${what}. Run it by hand to see why.`, { field });
}
