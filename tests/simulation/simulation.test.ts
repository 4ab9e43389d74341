import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { simulate, sumsOf } from './support/simulate.js';

describe('the simulation', () => {
  it('finds nothing in its first schedules, and injects faults of nearly all kinds', async () => {
    const { code, sums } = await sumsOf('--schedules', '200');
    const { failures, schedules, faults, outcomes } = sums;
    expect({ code, failures, schedules }).toEqual({ code: 0, failures: [], schedules: 200 });
    const kinds = Object.values(faults).filter(({ injected }) => injected > 0).length;
    expect(kinds).toBeGreaterThan(40);
    expect(Object.keys(outcomes)).toEqual(expect.arrayContaining(['done', 'wedged', 'cancelled', 'timeout', 'http', 'requestFailed', 'promiseExpired']));
  });

  it('does the same for the same seed, in another process, on another thread and in another order', async () => {
    const seeds = Array.from({ length: 30 }, (_, index) => 5_000 + index);
    const hashesOf = async (...args: readonly string[]) => (await sumsOf('--hashes', ...args)).sums.hashes;
    const forwards = await hashesOf('--seeds', seeds.join(','), '--workers', '0');
    const backwards = await hashesOf('--seeds', [...seeds, ...seeds].reverse().join(','), '--workers', '1');
    expect(Object.keys(forwards)).toHaveLength(30);
    expect(backwards).toEqual(forwards);
    expect(new Set(Object.values(forwards)).size).toBe(30);
  });

  it('finds every mistake that is planted', async () => {
    const { code, output } = await simulate('--mutants', '--schedules', '150', '--json');
    const found: Readonly<Record<string, { schedules: number } | null>> = JSON.parse(output);
    expect(Object.entries(found).filter(([, how]) => how === null)).toEqual([]);
    expect(Object.keys(found).length).toBeGreaterThan(6);
    expect(code).toBe(0);
  });

  it('prints what happened in one schedule, and the same hash with it', async () => {
    const shown = await simulate('--seed', '7');
    const { sums } = await sumsOf('--seeds', '7', '--hashes');
    expect(shown.output).toContain(`trace ${String(sums.hashes['7'])}`);
    expect(shown.output).toContain('create_session');
    expect(shown.code).toBe(0);
  });

  it('prints the command that shows a violation again, which ends in failure', async () => {
    const { code, errors } = await simulate('--schedules', '20', '--mutant', 'server forgets to execute', '--workers', '0');
    expect(code).toBe(1);
    const [, again = ''] = /again: node simulation\/run\.mjs (.*)/.exec(errors) ?? [];
    const [, seed = '', mutant = ''] = /^--seed (\d+) --mutant '(.*)'$/.exec(again) ?? [];
    const shown = await simulate('--seed', seed, '--mutant', mutant);
    expect(shown.code).toBe(1);
    expect(shown.output).toMatch(/VIOLATION .* was not executed/);
  });

  it('finds nothing any more where it once did', async () => {
    const kept: readonly unknown[] = JSON.parse(readFileSync(new URL('../../simulation/kept-seeds.json', import.meta.url), 'utf8'));
    const { code, sums: { schedules, failures } } = await sumsOf('--kept');
    expect({ code, schedules, failures }).toEqual({ code: 0, schedules: kept.length, failures: [] });
  });
});
