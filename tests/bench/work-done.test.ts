import { describe, expect, it } from '@jest/globals';

interface Run {
  scale: number;
  served: { requests: Record<string, number>; bytesIn: number };
}

const path: string = '../../bench/driver/work-done.mjs';
const { differencesOf }: { differencesOf: (runs: ReadonlyMap<string, readonly Run[]>) => string[] } = await import(path);

function run(requests: Record<string, number>, bytesIn = 1_000_000, scale = 1): Run {
  const paths = Object.entries(requests).map(([name, count]) => [`/api/v1/${name}`, count]);
  return { scale, served: { requests: Object.fromEntries(paths), bytesIn } };
}

describe('what the benchmarks take for the same work', () => {
  it('is the same operations, however a client opens its session and what it reports', () => {
    const runs = new Map([
      ['ours', [run({ save_weights: 5, create_session: 1 })]],
      ['sdk', [run({ save_weights: 5, create_session: 2, get_info: 1, telemetry: 3, session_heartbeat: 1 })]],
    ]);
    expect(differencesOf(runs)).toEqual([]);
  });

  it('is not another number of operations, in any round', () => {
    const runs = new Map([
      ['ours', [run({ save_weights: 5 }), run({ save_weights: 6 })]],
      ['sdk', [run({ save_weights: 5, retrieve_future: 1 })]],
    ]);
    expect(differencesOf(runs)).toEqual([
      'ours asked for save_weights 6 times, ours 5 times',
      'sdk asked for retrieve_future 1 times, ours 0 times',
    ]);
  });

  it('is not larger bodies, but names and spaces may differ', () => {
    const sized = (bytes: number) => new Map([['ours', [run({ asample: 5 })]], ['sdk', [run({ asample: 5 }, bytes)]]]);
    expect(differencesOf(sized(1_090_000))).toEqual([]);
    expect(differencesOf(sized(1_200_000))).toEqual(['sdk sent 1200000 bytes, ours 1000000']);
  });

  it('is judged among runs of the same size only', () => {
    const runs = new Map([['ours', [run({ save_weights: 10 })]], ['sdk', [run({ save_weights: 2 }, 200_000, 0.2)]]]);
    expect(differencesOf(runs)).toEqual([]);
  });
});
