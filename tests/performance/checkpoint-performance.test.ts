import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SavedState, ServiceClient, TrainingClient } from '../../src/index.js';
import { decodeManifest } from '../../src/server/checkpoints/manifest.js';
import { decodeSafetensors } from '../../src/server/checkpoints/safetensors.js';
import { checkpointFile, liveService, savedBytes, train } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

// What is true on any machine, on a checkpoint as large as the benchmark's; `npm run bench:checkpoints`
// measures the times and holds them to their limit.
jest.setTimeout(240_000);

const spec = { baseModel: 'local/base', rank: 512 };

let server: ServerProcess;
let service: ServiceClient;
let large: TrainingClient;
let saved: SavedState;
beforeAll(async () => {
  server = await startServerProcess();
  service = liveService(server);
  large = await service.createLoraTrainingClient({ ...spec, seed: 1 });
  await train(large, 1, 1);
  saved = await large.saveState('large');
});
afterAll(async () => {
  await service.close();
  await server.close();
});

/** Where the engine says that the time of this model's saves and loads went. */
async function timingsOf({ modelId }: TrainingClient, kind: 'save' | 'load'): Promise<readonly Readonly<Record<string, number>>[]> {
  const { checkpoints } = await server.ledger(modelId);
  return checkpoints.filter((work) => work.kind === kind).map(({ timings }) => timings);
}

/** Parts that are there, and make up no more than the whole. */
function expectWhole(timings: readonly Readonly<Record<string, number>>[], parts: readonly string[]): void {
  expect(timings).toHaveLength(1);
  const [{ totalMs = 0, ...rest } = {}] = timings;
  expect(Object.keys(rest).sort()).toEqual([...parts].sort());
  expect(Object.values(rest).every((ms) => ms >= 0)).toBe(true);
  expect(Object.values(rest).reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(totalMs + 1e-6);
}

describe('save_state performance', () => {
  it('saves large checkpoint in reasonable time', async () => {
    expect({ seqId: saved.seqId, optimStepsBefore: saved.optimStepsBefore }).toEqual({ seqId: 3, optimStepsBefore: 1 });
    const { files } = decodeManifest(await readFile(checkpointFile(server, saved.path, 'manifest.json'), 'utf8'), 'large');
    const sizeOf = (name: string): number => files.find((file) => file.name === name)?.size ?? 0;
    const [adapter, optimizer] = [sizeOf('adapter_model.safetensors'), sizeOf('optimizer.safetensors')];
    expect(adapter + optimizer).toBeGreaterThan(100_000_000);
    expect((await stat(checkpointFile(server, saved.path, 'optimizer.safetensors'))).size).toBe(optimizer);
    // Both moments of every number, none of them left at zero as a whole.
    expect(optimizer / adapter).toBeCloseTo(2, 3);
    const { tensors } = decodeSafetensors(await readFile(checkpointFile(server, saved.path, 'optimizer.safetensors')));
    const empty = [...tensors.values()].filter(({ name, values }) => name.includes('lora_B') && values.every((value) => value === 0));
    expect(empty.map(({ name }) => name)).toEqual([]);
    expectWhole(await timingsOf(large, 'save'), ['serialiseMs', 'hashMs', 'writeMs', 'syncMs']);
  });
});

describe('load_state performance', () => {
  it('loads large checkpoint in reasonable time', async () => {
    const other = await service.createLoraTrainingClient({ ...spec, seed: 2 });
    expect(await other.loadStateWithOptimizer(saved.path)).toEqual({ path: saved.path, modelId: other.modelId });
    expectWhole(await timingsOf(other, 'load'), ['readMs', 'hashMs', 'restoreMs']);
    const copy = await other.saveState('copy');
    expect(await savedBytes(server, copy.path)).toEqual(await savedBytes(server, saved.path));
  });
});

describe('concurrent saves', () => {
  it('handles multiple concurrent save requests', async () => {
    const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 1 });
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1);
    const saves = numbers.map((number) => training.saveState(`save-${number}`));
    expect(await Promise.all(saves)).toEqual(
      numbers.map((number) => ({ path: `tinker://${training.modelId}/weights/save-${number}`, seqId: number, optimStepsBefore: 0 })),
    );
    const { operations, skipped } = await server.ledger(training.modelId);
    expect(operations.slice(1)).toEqual(
      numbers.map((number, index) => ({
        modelId: training.modelId, seqId: number, kind: 'save_weights', outcome: 'done', requestId: saves[index]?.requestId,
      })),
    );
    expect(skipped).toEqual([]);
    const { checkpoints } = await server.ledger(training.modelId);
    expect(checkpoints.map(({ path }) => path)).toEqual(numbers.map((number) => `tinker://${training.modelId}/weights/save-${number}`));
  });
});
