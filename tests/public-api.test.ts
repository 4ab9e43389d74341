import { describe, expect, it } from '@jest/globals';
import * as client from '../src/index.js';
import * as inspector from '../src/inspector/index.js';
import * as openTelemetry from '../src/opentelemetry/index.js';
import * as server from '../src/server/index.js';

describe('public names', () => {
  it('of the client are these', () => {
    expect(Object.keys(client).sort()).toEqual([
      'CheckpointSchedule',
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
      'performanceMeasures',
      'recordTo',
      'resumeCheck',
      'tokenizerIdFor',
      'version',
    ]);
  });

  it('of the local server are these', () => {
    expect(Object.keys(server).sort()).toEqual(['TinkerError', 'startLocalServer']);
  });

  it('of the inspector are these', () => {
    expect(Object.keys(inspector).sort()).toEqual(['environmentInspector', 'openRecording', 'serveRecording', 'startInspector']);
  });

  it('of the OpenTelemetry adapter are these', () => {
    expect(Object.keys(openTelemetry).sort()).toEqual(['openTelemetry']);
  });

  it('have the version of the package', async () => {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
    expect(client.version).toBe(manifest.version);
  });
});
