import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { InspectionEvent } from 'xstate';
import { guarded, guardedObserver, guardedOnError } from '../../src/calls/callbacks.js';
import { TinkerError } from '../../src/types/errors.js';
import { scriptedTraining } from '../support/clients.js';
import { settle } from '../support/simulated.js';

const printed: unknown[] = [];
beforeEach(() => {
  printed.length = 0;
  jest.spyOn(console, 'error').mockImplementation((line) => {
    printed.push(line);
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('guarded', () => {
  it('passes on what is told, and survives a callback that throws', () => {
    const complain = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const told: number[] = [];
    const callback = guarded<number>('onNews', (news) => {
      told.push(news);
      if (news === 2) throw new Error('not two');
    });
    for (const news of [1, 2, 3]) callback?.(news);
    expect([told, complain.mock.calls]).toEqual([[1, 2, 3], [['tinkerjs: onNews threw: not two']]]);
    expect(guarded('onNews', undefined)).toBeUndefined();
    complain.mockRestore();
  });
});

describe('guardedOnError', () => {
  it('passes errors on, and survives a callback that throws', () => {
    const told: unknown[] = [];
    const onError = guardedOnError((error) => {
      told.push(error);
      throw new Error('no room in the log');
    });
    const error = new TinkerError('http', 'refused');
    onError(error);
    expect(told).toEqual([error]);
    expect(printed).toEqual(['tinkerjs: onError threw: no room in the log; it was told of: refused']);
  });
});

describe('guardedObserver', () => {
  it('is nothing where there is none', () => {
    expect(guardedObserver(undefined)).toBeUndefined();
  });

  it.each([[5], [{}], [{ next: 'x' }]])('knows that %p is none', (inspect) => {
    expect(guardedObserver(inspect)).toBeUndefined();
  });

  it('tells functions and observers alike', async () => {
    const told: string[] = [];
    const observer = {
      types: told,
      next(event: InspectionEvent) {
        this.types.push(event.type);
      },
    };
    const { service } = await scriptedTraining({ inspect: observer });
    await service.close();
    expect([...new Set(told)]).toEqual(expect.arrayContaining(['@xstate.actor', '@xstate.event', '@xstate.snapshot']));
  });

  it('tells an observer that throws nothing more, and training goes on', async () => {
    let told = 0;
    const inspect = () => {
      told += 1;
      if (told === 100) throw new Error('out of disk');
    };
    const { service, training } = await scriptedTraining({ inspect });
    for (let step = 0; step < 20; step += 1) await training.optimStep();
    await settle();
    expect(told).toBe(100);
    expect(printed).toEqual(['tinkerjs: the inspect observer threw and is told nothing more: out of disk']);
    await service.close();
  });
});
