import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Runs a command; gives its output, or undefined when it cannot be started or fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string | undefined>}
 */
export async function outputOf(command, args) {
  try {
    return (await execute(command, [...args])).stdout.trim();
  } catch {
    return undefined;
  }
}

const candidates = ['python3.11', 'python3', '/usr/bin/python3.11'];
const version = 'import sys; print("%d.%d" % sys.version_info[:2])';

/**
 * The first Python 3.11 that can make virtual environments.
 * @param {readonly string[]} [commands] to look for
 * @returns {Promise<string>}
 * @throws {Error} saying what is missing, and how it is installed
 */
export async function findPython(commands = candidates) {
  let without;
  for (const candidate of commands) {
    if ((await outputOf(candidate, ['-c', version])) !== '3.11') continue;
    if ((await outputOf(candidate, ['-c', 'import venv, ensurepip'])) !== undefined) return candidate;
    without = candidate;
  }
  throw new Error(
    without === undefined
      ? 'Python 3.11 was not found (looked for python3.11 and python3). Install it: on Debian 12, apt-get install python3.11 python3.11-venv; elsewhere, pyenv install 3.11 or https://www.python.org/downloads/.'
      : `${without} cannot make virtual environments: its modules venv and ensurepip are missing. On Debian, install them: apt-get install python3.11-venv.`,
  );
}
