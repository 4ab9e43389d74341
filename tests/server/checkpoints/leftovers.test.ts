import { describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanUpLeftovers } from '../../../src/server/checkpoints/leftovers.js';
import { readManifest } from '../../../src/server/checkpoints/manifest.js';
import { workingKind, workingPlace } from '../../../src/server/checkpoints/working-names.js';
import { writeCheckpoint } from '../../../src/server/checkpoints/write-checkpoint.js';
import { META, namesIn, sampleState, withDirectory } from './sample-state.js';

describe('cleanUpLeftovers', () => {
  it('removes what an interrupted save left', () => withDirectory(async (root) => {
    const weights = join(root, 'run-1', 'weights');
    await writeCheckpoint(join(weights, 'one'), sampleState(), META);
    const { outer, inner } = workingPlace('saving', join(weights, 'two'));
    await mkdir(inner, { recursive: true });
    await writeFile(join(inner, 'adapter_model.safetensors'), 'half');
    expect(await cleanUpLeftovers(root)).toEqual({ removed: [outer], restored: [] });
    expect(await namesIn(weights)).toEqual(['one']);
  }));

  it('puts a checkpoint back that was moved aside for one that never came', () => withDirectory(async (root) => {
    await writeCheckpoint(workingPlace('replaced', join(root, 'one')).inner, sampleState(), META);
    await writeCheckpoint(workingPlace('saving', join(root, 'one')).inner, sampleState(1, 8), META);
    expect(await cleanUpLeftovers(root)).toMatchObject({ restored: [join(root, 'one')] });
    expect(await namesIn(root)).toEqual(['one']);
    expect((await readManifest(join(root, 'one'))).step).toBe(3);
  }));

  it('removes a replaced checkpoint whose successor is in place', () => withDirectory(async (root) => {
    const { outer, inner } = workingPlace('replaced', join(root, 'one'));
    await writeCheckpoint(inner, sampleState(), META);
    await writeCheckpoint(join(root, 'one'), sampleState(1, 8), META);
    expect(await cleanUpLeftovers(root)).toEqual({ removed: [outer], restored: [] });
    expect((await readManifest(join(root, 'one'))).step).toBe(8);
  }));

  it('removes half of a change to a checkpoint', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    const before = await namesIn(join(root, 'one'));
    const half = join(root, 'one', 'state.json.6faa9957-4876-4638-8574-d539efd0a031.tmp');
    await writeFile(half, '{"public":');
    expect(await cleanUpLeftovers(root)).toEqual({ removed: [half], restored: [] });
    expect(await namesIn(join(root, 'one'))).toEqual(before);
  }));

  it('leaves other files and directories alone', () => withDirectory(async (root) => {
    await mkdir(join(root, '.saving'));
    await writeFile(join(root, '.saving.0123456789ab'), 'a file');
    expect(await cleanUpLeftovers(root)).toEqual({ removed: [], restored: [] });
    expect(await namesIn(root)).toEqual(['.saving', '.saving.0123456789ab']);
  }));

  it('takes a missing root for an empty one', () => withDirectory(async (root) => {
    expect(await cleanUpLeftovers(join(root, 'none'))).toEqual({ removed: [], restored: [] });
  }));
});

describe('workingKind', () => {
  it('tells working directories from others by name', () => {
    expect(['.replaced.0123456789ab', '.saving.0123456789ab', '.saving.0123456789ab.x', 'saving', '.other.0123456789ab'].map(workingKind)).toEqual([
      'replaced', 'saving', undefined, undefined, undefined,
    ]);
  });
});
