import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckpointMeta, PassResult } from '../../../src/server/engine/engine.js';
import { Trainer } from '../../../src/server/engine/trainer.js';
import { ADAM, TOY, TOY_LORA, toyDatum } from './toy.js';

const META: CheckpointMeta = { parentRun: 'a', createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null, overwrite: false };
const BATCHES = [
  [toyDatum(1, 9), toyDatum(2, 40)],
  [toyDatum(3, 12)],
  [toyDatum(5, 33), toyDatum(6, 3), toyDatum(7, 5)],
  [toyDatum(8, 20)],
];
const PROBE = [toyDatum(9, 30)];

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'engine-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function trainerWith(...ids: string[]): Promise<Trainer> {
  const trainer = new Trainer([TOY]);
  for (const id of ids) await trainer.createModel(id, { baseModel: 'toy', lora: TOY_LORA });
  return trainer;
}

function train(trainer: Trainer, id: string, batches: typeof BATCHES): (number | number[])[] {
  return batches.flatMap((batch) => {
    const pass = trainer.forwardBackward(id, batch, 'cross_entropy');
    return [...plain(pass), trainer.optimStep(id, ADAM).gradNorm];
  });
}

function plain({ lossSum, logprobs }: PassResult): (number | number[])[] {
  return [lossSum, ...logprobs.map((values) => [...values])];
}

describe('a pass', () => {
  it('returns one log-probability per position in the order of the call, and their weighted sum', async () => {
    const trainer = await trainerWith('a');
    const data = [toyDatum(1, 40), toyDatum(2, 3), toyDatum(3, 50)];
    const { logprobs, lossSum } = trainer.forward('a', data, 'cross_entropy');
    expect(logprobs.map((values) => values.length)).toEqual([40, 3, 50]);
    const sum = data.reduce((total, { weights }, i) => (
      weights.reduce((inner, weight, t) => inner - weight * (logprobs[i]?.[t] ?? Number.NaN), total)
    ), 0);
    expect(lossSum).toBeCloseTo(sum, 9);
    const alone = data.map((datum) => trainer.forward('a', [datum], 'cross_entropy').logprobs[0]);
    alone.forEach((values, i) => values?.forEach((value, t) => expect(logprobs[i]?.[t]).toBeCloseTo(value, 4)));
  });

  it('forward does not touch gradients', async () => {
    const trainer = await trainerWith('a');
    trainer.forward('a', PROBE, 'cross_entropy');
    expect(trainer.optimStep('a', ADAM)).toEqual({ gradNorm: 0, step: 1 });
  });

  it('gives the same numbers as forward', async () => {
    const trainer = await trainerWith('a');
    const { logprobs: [forward] } = trainer.forward('a', PROBE, 'cross_entropy');
    const { logprobs: [both] } = trainer.forwardBackward('a', PROBE, 'cross_entropy');
    forward?.forEach((value, t) => expect(both?.[t]).toBeCloseTo(value, 5));
  });

  it('adds gradients until the optimizer step and clears them then', async () => {
    const trainer = await trainerWith('once', 'twice');
    trainer.forwardBackward('once', PROBE, 'cross_entropy');
    trainer.forwardBackward('twice', PROBE, 'cross_entropy');
    trainer.forwardBackward('twice', PROBE, 'cross_entropy');
    const once = trainer.optimStep('once', ADAM);
    expect(once.gradNorm).toBeGreaterThan(0);
    expect(trainer.optimStep('twice', ADAM).gradNorm).toBeCloseTo(2 * once.gradNorm, 6);
    expect(trainer.optimStep('twice', ADAM)).toEqual({ gradNorm: 0, step: 2 });
  });
});

describe('training', () => {
  it('lowers the loss', async () => {
    const trainer = await trainerWith('a');
    const before = trainer.forward('a', PROBE, 'cross_entropy').lossSum;
    for (let i = 0; i < 30; i++) train(trainer, 'a', [PROBE]);
    expect(trainer.forward('a', PROBE, 'cross_entropy').lossSum).toBeLessThan(before / 2);
  });

  it('gives the same numbers whatever else was computed before', async () => {
    const alone = train(await trainerWith('a'), 'a', BATCHES);
    const busy = await trainerWith('other', 'a');
    const crowded = BATCHES.flatMap((batch) => {
      train(busy, 'other', [[toyDatum(4, 60), toyDatum(1, 1)]]);
      busy.forward('a', PROBE, 'cross_entropy');
      return train(busy, 'a', [batch]);
    });
    expect(crowded).toEqual(alone);
  });

  it('depends on the seed', async () => {
    const trainer = await trainerWith('a');
    await trainer.createModel('b', { baseModel: 'toy', lora: { ...TOY_LORA, seed: 8 } });
    expect(trainer.forward('b', PROBE, 'cross_entropy')).toEqual(trainer.forward('a', PROBE, 'cross_entropy'));
    const a = train(trainer, 'a', [PROBE]);
    expect(train(trainer, 'b', [PROBE]).at(-1)).not.toBe(a.at(-1));
  });
});

describe('a checkpoint', () => {
  it('continues bit for bit in another engine when loaded with the optimizer', async () => {
    const first = await trainerWith('a');
    train(first, 'a', BATCHES.slice(0, 2));
    await first.saveCheckpoint('a', join(root, 'one'), META);
    const uninterrupted = train(first, 'a', BATCHES.slice(2));

    const second = await trainerWith('b');
    await expect(second.loadCheckpoint('b', join(root, 'one'), { optimizer: true })).resolves.toMatchObject({ step: 2 });
    expect(train(second, 'b', BATCHES.slice(2))).toEqual(uninterrupted);
  });

  it('continues with the same weights but other steps when loaded without the optimizer', async () => {
    const first = await trainerWith('a');
    train(first, 'a', BATCHES.slice(0, 2));
    await first.saveCheckpoint('a', join(root, 'one'), META);
    const uninterrupted = train(first, 'a', BATCHES.slice(2));

    const second = await trainerWith('b');
    await expect(second.loadCheckpoint('b', join(root, 'one'), { optimizer: false })).resolves.toMatchObject({ step: 0 });
    const resumed = train(second, 'b', BATCHES.slice(2));
    expect(resumed[0]).toBe(uninterrupted[0]);
    expect(resumed.at(-1)).not.toBe(uninterrupted.at(-1));
  });

  it('brings a model back to an earlier state, and clears accumulated gradients', async () => {
    const trainer = await trainerWith('a');
    train(trainer, 'a', BATCHES.slice(0, 1));
    await trainer.saveCheckpoint('a', join(root, 'one'), META);
    const expected = train(trainer, 'a', BATCHES.slice(1));
    trainer.forwardBackward('a', PROBE, 'cross_entropy');
    await trainer.loadCheckpoint('a', join(root, 'one'), { optimizer: true });
    expect(train(trainer, 'a', BATCHES.slice(1))).toEqual(expected);
  });

  it('does not hold accumulated gradients', async () => {
    const trainer = await trainerWith('a', 'b');
    trainer.forwardBackward('a', PROBE, 'cross_entropy');
    await trainer.saveCheckpoint('a', join(root, 'one'), META);
    await trainer.loadCheckpoint('b', join(root, 'one'), { optimizer: true });
    expect(trainer.optimStep('b', ADAM).gradNorm).toBe(0);
    expect(trainer.optimStep('a', ADAM).gradNorm).toBeGreaterThan(0);
  });
});
