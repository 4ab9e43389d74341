import { describe, expect, it } from '@jest/globals';
import { checkFaultRule } from '../../src/server/faults/fault-rule.js';

interface Schedule {
  readonly program: readonly { readonly does: string; readonly of?: number }[];
  readonly rules: readonly unknown[];
  readonly cuts: readonly unknown[];
  readonly blows: readonly { readonly what: string }[];
}

const schedulePath: string = '../../reliability/faults/schedule.mjs';
const { scheduleOf }: { readonly scheduleOf: (seed: number, number: number) => Schedule } = await import(schedulePath);
const statesPath: string = '../../reliability/faults/states.mjs';
const { statesOf }: { readonly statesOf: (base: string, items: readonly unknown[]) => readonly string[] } = await import(statesPath);

const many = Array.from({ length: 2_000 }, (_, number) => scheduleOf(1, number));

describe('a schedule of faults', () => {
  it('is the same for the same seed and number, and another for another', () => {
    expect(scheduleOf(5, 17)).toEqual(scheduleOf(5, 17));
    expect(scheduleOf(5, 17)).not.toEqual(scheduleOf(5, 18));
    expect(scheduleOf(5, 17)).not.toEqual(scheduleOf(6, 17));
  });

  it('has only rules that the fault injector takes', () => {
    for (const rule of many.flatMap(({ rules }) => rules)) expect(checkFaultRule(rule)).toEqual(rule);
  });

  it('loads only what its program saves before', () => {
    for (const { program } of many) {
      for (const [at, { does, of = -1 }] of program.entries()) if (does === 'load') expect(program.slice(0, at)[of]?.does).toBe('save');
    }
  });

  it('strikes every process in every way', () => {
    const struck = new Set(many.flatMap(({ blows }) => blows.map(({ what }) => what)));
    expect([...struck].sort()).toEqual(['freezeClient', 'freezeServer', 'killClient', 'killServer']);
  });
});

describe('the name of a saved state', () => {
  const optim = { does: 'optim' };
  const save = { does: 'save' };

  it('is that of the work that led to it', () => {
    expect(statesOf('', [optim, save])).toEqual(statesOf('', [optim, save]));
    expect(statesOf('', [optim, save])[1]).not.toBe(statesOf('', [optim, optim, save])[2]);
    expect(statesOf('', [save])).not.toEqual(statesOf('another', [save]));
  });

  it('is given to saves alone', () => {
    expect(statesOf('', [optim, save]).map((name) => name.length)).toEqual([0, 16]);
  });
});
