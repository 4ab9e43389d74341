import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { version } from '../../src/types/version.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe('tinkerjs', () => {
  it.each(['--version', 'version'])('prints its version for %s', async (argument) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [command, argument]);
    expect([stdout, stderr]).toEqual([`tinkerjs ${version}\n`, '']);
  });
});
