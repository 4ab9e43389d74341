import { describe, expect, it } from '@jest/globals';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeManifest, readManifest } from '../../../src/server/checkpoints/manifest.js';
import { readCheckpoint } from '../../../src/server/checkpoints/read-checkpoint.js';
import type { CheckpointContents, ExpectedTensor } from '../../../src/server/checkpoints/read-checkpoint.js';
import { writeCheckpoint } from '../../../src/server/checkpoints/write-checkpoint.js';
import { META, sampleState, withDirectory } from './sample-state.js';

const FILES = ['adapter_config.json', 'adapter_model.safetensors', 'optimizer.safetensors', 'manifest.json'];

async function load(directory: string, expected: readonly ExpectedTensor[] = sampleState().adapter, optimizer = true): Promise<CheckpointContents> {
  return readCheckpoint(directory, await readManifest(directory), expected, { optimizer });
}

describe('readCheckpoint', () => {
  it('returns what was written', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    const { step, adapter, moments, timings } = await load(join(root, 'one'));
    expect({ step, adapter, moments }).toEqual({ step: 3, adapter: sampleState().adapter.map(({ values }) => values), moments: sampleState().moments });
    expect(timings.readMs + timings.hashMs + timings.restoreMs).toBeCloseTo(timings.totalMs, 6);
  }));

  it('leaves the optimizer out when it is not asked for', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    expect((await load(join(root, 'one'), sampleState().adapter, false)).moments).toBeUndefined();
  }));

  it.each(FILES)('notices every flipped byte of %s', (file) => withDirectory(async (root) => {
    const directory = join(root, 'one');
    await writeCheckpoint(directory, sampleState(), META);
    const intact = await readFile(join(directory, file));
    const unnoticed: string[] = [];
    for (let position = 0; position < intact.length; position++) {
      for (const mask of [0x01, 0x20, 0x80]) {
        const flipped = Buffer.from(intact);
        flipped[position] = (flipped[position] ?? 0) ^ mask;
        await writeFile(join(directory, file), flipped);
        const message = await load(directory).then(() => 'loaded', (error: unknown) => String(error));
        if (!message.includes('Checkpoint "one" is damaged')) unnoticed.push(`${position}: ${message}`);
      }
    }
    expect(unnoticed).toEqual([]);
    await writeFile(join(directory, file), intact);
    await expect(load(directory)).resolves.toMatchObject({ step: 3 });
  }), 60_000);

  it.each(FILES)('notices a cut-off end of %s', (file) => withDirectory(async (root) => {
    const directory = join(root, 'one');
    await writeCheckpoint(directory, sampleState(), META);
    await truncate(join(directory, file), (await readFile(join(directory, file))).length - 1);
    await expect(load(directory)).rejects.toMatchObject({ category: 'user', message: expect.stringContaining('is damaged') });
  }));

  it.each(FILES.slice(0, 3))('names a missing %s', (file) => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    await rm(join(root, 'one', file));
    await expect(load(join(root, 'one'))).rejects.toMatchObject({
      category: 'user', message: `Checkpoint "one" is incomplete: ${file} is missing. Nothing was changed; load another checkpoint.`,
    });
  }));

  it('says when the manifest is missing', () => withDirectory(async (root) => {
    await expect(readManifest(join(root, 'one'))).rejects.toMatchObject({
      category: 'user', message: 'There is no checkpoint "one", or its manifest.json is missing. Load another checkpoint.',
    });
  }));

  it('refuses a manifest that does not list a part', () => withDirectory(async (root) => {
    const directory = join(root, 'one');
    await writeCheckpoint(directory, sampleState(), META);
    const manifest = await readManifest(directory);
    await writeFile(join(directory, 'manifest.json'), encodeManifest({ ...manifest, files: manifest.files.slice(0, 2) }));
    await expect(load(directory)).rejects.toMatchObject({ message: expect.stringContaining('its manifest does not list optimizer.safetensors') });
  }));

  it('refuses moments of another step', () => withDirectory(async (root) => {
    const directory = join(root, 'one');
    await writeCheckpoint(directory, sampleState(), META);
    await writeFile(join(directory, 'manifest.json'), encodeManifest({ ...await readManifest(directory), step: 4 }));
    await expect(load(directory)).rejects.toMatchObject({ message: expect.stringContaining('of another optimizer step') });
  }));

  it.each([
    ['an absent tensor', { name: 'k_proj.lora_A.weight', shape: [2, 3] }, 'tensor k_proj.lora_A.weight in adapter_model.safetensors is absent, expected shape [2, 3]'],
    ['a tensor of another shape', { name: 'q_proj.lora_A.weight', shape: [3, 2] }, 'tensor q_proj.lora_A.weight in adapter_model.safetensors has shape [2, 3], expected shape [3, 2]'],
  ])('refuses %s', (_, expected, message) => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    await expect(load(join(root, 'one'), [expected])).rejects.toMatchObject({
      category: 'user', message: `Checkpoint "one" does not fit the model: ${message}. Nothing was changed.`,
    });
  }));
});
