import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe('tinkerjs contract', () => {
  it.each([
    [['--url', 'nowhere'], 2, /^tinkerjs contract: baseUrl: got "nowhere", expected an http or https URL/],
    [['--url', 'http://127.0.0.1:9', '--api-key', ''], 2, /^tinkerjs contract: apiKey: no API key is given/],
    [['--time-limit', 'soon'], 2, /expected a number of seconds above 0/],
    [['--url', 'http://127.0.0.1:9'], 1, /^tinkerjs contract: no answer from http:\/\/127.0.0.1:9. Is the server running and reachable\?/],
  ])('ends with a reason for %j', (args, status, reason) => {
    const ended = spawnSync(process.execPath, [command, 'contract', '--api-key', 'tml-key', ...args], { encoding: 'utf8' });
    expect([ended.status, ended.stdout]).toEqual([status, '']);
    expect(ended.stderr).toMatch(reason);
  });
});
