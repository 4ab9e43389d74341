import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '../../../src/server/checkpoints/manifest.js';
import { readCheckpoint } from '../../../src/server/checkpoints/read-checkpoint.js';
import { writeCheckpoint } from '../../../src/server/checkpoints/write-checkpoint.js';
import { META, namesIn, sampleState, withDirectory } from './sample-state.js';

const FILES = ['adapter_config.json', 'adapter_model.safetensors', 'manifest.json', 'optimizer.safetensors'];

describe('writeCheckpoint', () => {
  it('writes the four files and nothing beside them, making missing directories', () => withDirectory(async (root) => {
    const weights = join(root, 'runs', 'run-1', 'weights');
    const { sizeBytes } = await writeCheckpoint(join(weights, 'one'), sampleState(), META);
    expect(await namesIn(weights)).toEqual(['one']);
    expect(await namesIn(join(weights, 'one'))).toEqual(FILES);
    const sizes = await Promise.all(FILES.map(async (file) => (await stat(join(weights, 'one', file))).size));
    expect(sizeBytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  }));

  it('describes the adapter as PEFT does', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    const config: unknown = JSON.parse(await readFile(join(root, 'one', 'adapter_config.json'), 'utf8'));
    expect(config).toEqual({
      peft_type: 'LORA', task_type: 'CAUSAL_LM', base_model_name_or_path: 'local/tiny', r: 2, lora_alpha: 32,
      lora_dropout: 0, bias: 'none', fan_in_fan_out: false, inference_mode: false, init_lora_weights: true,
      modules_to_save: null, use_rslora: false, use_dora: false, target_modules: ['q_proj'],
    });
  }));

  it('records settings, step, origin, expiry, and size and hash of each file in the manifest', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    const files = await Promise.all(['adapter_model.safetensors', 'adapter_config.json', 'optimizer.safetensors'].map(async (name) => {
      const bytes = await readFile(join(root, 'one', name));
      return { name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    }));
    expect(await readManifest(join(root, 'one'))).toEqual({
      formatVersion: 1,
      kind: 'training',
      baseModel: 'local/tiny',
      lora: { rank: 2, alpha: 32, seed: 9, trainAttn: true, trainMlp: false, trainUnembed: false },
      step: 3,
      parentRun: 'run-1',
      createdAt: '2030-01-01T00:00:00.000Z',
      expiresAt: '2030-02-01T00:00:00.000Z',
      files,
    });
  }));

  it('leaves the optimizer out of a checkpoint for sampling', () => withDirectory(async (root) => {
    const run = join(root, 'sampler-checkpoints', 'session.train.0');
    await writeCheckpoint(join(run, 'one'), sampleState(), { ...META, kind: 'sampler_weights' });
    expect(await namesIn(join(run, 'one'))).toEqual(['adapter_config.json', 'adapter_model.safetensors', 'manifest.json']);
    const manifest = await readManifest(join(run, 'one'));
    expect(manifest.kind).toBe('sampler');
    const expected = sampleState().adapter.map(({ name, shape }) => ({ name, shape }));
    const read = await readCheckpoint(join(run, 'one'), manifest, expected, { optimizer: false });
    expect(read.adapter).toEqual(sampleState().adapter.map(({ values }) => values));
    await expect(readCheckpoint(join(run, 'one'), manifest, expected, { optimizer: true })).rejects.toMatchObject({
      category: 'user',
      message: 'Checkpoint "tinker://session:train:0/sampler_weights/one" was saved for sampling and holds no optimizer state. Load a checkpoint that saveState made.',
    });
  }));

  it('says where the time went, in parts that add up', () => withDirectory(async (root) => {
    const { timings } = await writeCheckpoint(join(root, 'one'), sampleState(), META);
    expect(Object.keys(timings).sort()).toEqual(['hashMs', 'serialiseMs', 'syncMs', 'totalMs', 'writeMs']);
    expect(timings.serialiseMs + timings.hashMs + timings.writeMs + timings.syncMs).toBeCloseTo(timings.totalMs, 6);
  }));

  it('refuses an existing checkpoint and leaves it as it was', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    const before = await readFile(join(root, 'one', 'manifest.json'), 'utf8');
    await expect(writeCheckpoint(join(root, 'one'), sampleState(1), META)).rejects.toMatchObject({
      category: 'user', message: 'Checkpoint "one" exists already. Choose another name, or save with overwrite.',
    });
    expect(await readFile(join(root, 'one', 'manifest.json'), 'utf8')).toBe(before);
    expect(await namesIn(root)).toEqual(['one']);
  }));

  it('replaces an existing checkpoint when asked to', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), META);
    await writeCheckpoint(join(root, 'one'), sampleState(1, 8), { ...META, overwrite: true });
    expect(await namesIn(root)).toEqual(['one']);
    const manifest = await readManifest(join(root, 'one'));
    const contents = await readCheckpoint(join(root, 'one'), manifest, sampleState().adapter, { optimizer: true });
    expect(contents).toMatchObject({ step: 8, adapter: sampleState(1).adapter.map(({ values }) => values), moments: sampleState(1).moments });
  }));

  it('overwrite needs no existing checkpoint', () => withDirectory(async (root) => {
    await writeCheckpoint(join(root, 'one'), sampleState(), { ...META, overwrite: true });
    expect((await readManifest(join(root, 'one'))).step).toBe(3);
  }));

  it('takes names up to the length the file system allows', () => withDirectory(async (root) => {
    const name = 'n'.repeat(255);
    await writeCheckpoint(join(root, name), sampleState(), META);
    await writeCheckpoint(join(root, name), sampleState(), { ...META, overwrite: true });
    expect(await namesIn(root)).toEqual([name]);
  }));

  it('reports a directory that cannot be made and leaves nothing', () => withDirectory(async (root) => {
    await symlink(join(root, 'nowhere'), join(root, 'weights'));
    await expect(writeCheckpoint(join(root, 'weights', 'one'), sampleState(), META)).rejects.toMatchObject({
      category: 'server', message: expect.stringMatching(/^Checkpoint "one" could not be written: .+ Nothing was saved\.$/),
    });
    expect(await namesIn(root)).toEqual(['weights']);
  }));

  it('reports a place that cannot be looked up', () => withDirectory(async (root) => {
    await writeFile(join(root, 'file'), '');
    await expect(writeCheckpoint(join(root, 'file', 'one'), sampleState(), META)).rejects.toMatchObject({
      category: 'server', message: expect.stringContaining('Checkpoint "one" cannot be looked up: ENOTDIR'),
    });
  }));
});
