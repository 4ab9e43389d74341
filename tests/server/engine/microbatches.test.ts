import { describe, expect, it } from '@jest/globals';
import type { TrainingDatum } from '../../../src/server/engine/engine.js';
import { planMicrobatches } from '../../../src/server/engine/microbatches.js';

function datum(length: number): TrainingDatum {
  return {
    tokens: new Int32Array(length).fill(1),
    targetTokens: new Int32Array(length).fill(2),
    weights: new Float32Array(length).fill(3),
  };
}

function layout(...lengths: number[]): { rows: number; length: number; datums: readonly number[] }[] {
  return planMicrobatches(lengths.map(datum)).map(({ rows, length, datums }) => ({ rows, length, datums }));
}

describe('planMicrobatches', () => {
  it('pads lengths to powers of two from 32', () => {
    expect(layout(1, 32, 33, 100)).toEqual([
      { rows: 2, length: 32, datums: [0, 1] },
      { rows: 1, length: 64, datums: [2] },
      { rows: 1, length: 128, datums: [3] },
    ]);
  });

  it('keeps a microbatch within 512 positions', () => {
    expect(layout(200, 250, 130)).toEqual([
      { rows: 2, length: 256, datums: [0, 1] },
      { rows: 1, length: 256, datums: [2] },
    ]);
  });

  it('gives a longer sequence a microbatch of its own', () => {
    expect(layout(600, 700)).toEqual([
      { rows: 1, length: 1024, datums: [0] },
      { rows: 1, length: 1024, datums: [1] },
    ]);
  });

  it('makes the number of rows a power of two', () => {
    expect(layout(5, 5, 5, 5, 5)).toEqual([{ rows: 8, length: 32, datums: [0, 1, 2, 3, 4] }]);
  });

  it('fills unused positions and rows with token 0 and weight 0', () => {
    const [batch] = planMicrobatches([datum(2), datum(1), datum(1)]);
    const row = (value: number, used: number): number[] => Array.from({ length: 32 }, (_, i) => (i < used ? value : 0));
    expect([...batch?.tokens ?? []]).toEqual([...row(1, 2), ...row(1, 1), ...row(1, 1), ...row(0, 0)]);
    expect([...batch?.targets ?? []]).toEqual([...row(2, 2), ...row(2, 1), ...row(2, 1), ...row(0, 0)]);
    expect([...batch?.weights ?? []]).toEqual([...row(3, 2), ...row(3, 1), ...row(3, 1), ...row(0, 0)]);
  });
});
