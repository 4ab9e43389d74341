import { describe, expect, it } from '@jest/globals';
import * as client from '../src/index.js';
import * as server from '../src/server/index.js';

describe('public names', () => {
  it('of the client are these', () => {
    expect(Object.keys(client).sort()).toEqual([
      'ModelInput',
      'Operation',
      'RestClient',
      'SamplingClient',
      'ServiceClient',
      'TensorData',
      'TinkerError',
      'TrainingClient',
      'dmelChunk',
      'imageAssetPointer',
      'imageChunk',
      'loadTokenizer',
      'parseCheckpointPath',
      'tokenizerIdFor',
      'version',
    ]);
  });

  it('of the local server are these', () => {
    expect(Object.keys(server).sort()).toEqual(['TinkerError', 'startLocalServer']);
  });

  it('have the version of the package', async () => {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
    expect(client.version).toBe(manifest.version);
  });
});
