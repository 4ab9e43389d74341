import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { protocolVersion, version } from '../../src/types/version.js';

describe('version', () => {
  it('is the version of the package', async () => {
    const manifest: unknown = JSON.parse(await readFile('package.json', 'utf8'));
    expect(manifest).toMatchObject({ name: 'tinkerjs', version });
  });
});

describe('protocolVersion', () => {
  it('is the release of the official client whose protocol is spoken', () => {
    expect(protocolVersion).toBe('0.25.0');
  });
});
