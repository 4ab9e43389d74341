import { describe, expect, it } from '@jest/globals';

interface Check {
  says: string;
  shows: string;
  met: boolean;
}

type CheckOf = (name: string, clients: Record<string, unknown>) => Check[];

const path: string = '../../bench/driver/targets.mjs';
const { checksOf }: { checksOf: CheckOf } = await import(path);

const spread = (median: number): unknown => ({ median, low: median, high: median });
const client = (seconds: number, cpuSeconds = seconds, peak = 100): unknown => ({
  seconds: spread(seconds),
  cpuSeconds: spread(cpuSeconds),
  peakRssMB: spread(peak),
});
const shown = (checks: Check[]): unknown[] => checks.map(({ says, shows, met }) => [says, shows, met]);

describe('the targets of the benchmarks', () => {
  it('take half the rate for twice the time, and not more', () => {
    expect(shown(checksOf('at-once', { ours: client(2), limit: client(1) }))).toEqual([["at least half the limit's rate", '50.0 % of it', true]]);
    expect(shown(checksOf('at-once', { ours: client(2.5), limit: client(1) }))).toEqual([["at least half the limit's rate", '40.0 % of it', false]]);
  });

  it('compare the start with the faster transport of the SDK', () => {
    const clients = { ours: client(0.2), 'sdk-pyqwest': client(0.9), 'sdk-httpx': client(0.5) };
    expect(shown(checksOf('start', clients))).toEqual([["at most a third of the SDK's time", '0.40×', false]]);
  });

  it('judge nothing for which a client was not measured', () => {
    expect(checksOf('start', { ours: client(0.2), limit: client(0.1) })).toEqual([]);
  });

  it('hold the memory of the big batch, and what the queue alone takes of the CPU time', () => {
    expect(shown(checksOf('big-batch', { ours: client(1, 1, 310), queue: client(0.05, 0.05) }))).toEqual([
      ['peak under 300 MB', '310 MB', false],
      ['queue alone at most 10 % of the CPU time', '5.0 %', true],
    ]);
  });
});
