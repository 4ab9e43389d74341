import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingState } from '../../../src/server/checkpoints/training-state.js';
import type { CheckpointMeta } from '../../../src/server/engine/engine.js';

export const META: CheckpointMeta = {
  parentRun: 'run-1', createdAt: '2030-01-01T00:00:00.000Z', expiresAt: '2030-02-01T00:00:00.000Z', overwrite: false,
};

/** A small state; `offset` makes one state differ from another in every number. */
export function sampleState(offset = 0, step = 3): TrainingState {
  const values = (start: number, length: number): Float32Array<ArrayBuffer> => Float32Array.from({ length }, (_, i) => start + i + offset);
  return {
    baseModel: 'local/tiny',
    lora: { rank: 2, seed: 9, trainAttn: true, trainMlp: false, trainUnembed: false },
    loraAlpha: 32,
    targetModules: ['q_proj'],
    step,
    adapter: [
      { name: 'q_proj.lora_A.weight', shape: [2, 3], values: values(0, 6) },
      { name: 'q_proj.lora_B.weight', shape: [1, 2], values: values(10, 2) },
    ],
    moments: [
      { first: values(20, 6), second: values(30, 6) },
      { first: values(40, 2), second: values(50, 2) },
    ],
  };
}

/** Runs with a directory of its own. */
export async function withDirectory(use: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'checkpoints-'));
  try {
    await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Names in a directory, sorted. */
export async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort();
}
