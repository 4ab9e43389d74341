import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { OpenOperations } from '../../src/calls/open-operations.js';
import { KeepAlive } from '../../src/machines/environment.js';
import { WorkTable } from '../../src/machines/work.js';
import { TinkerError } from '../../src/types/errors.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

describe('OpenOperations', () => {
  it('reports a rejection that nobody awaits, however many calls are open', async () => {
    const reported: string[] = [];
    const host = { environment: simulatedEnvironment(), work: new WorkTable(), keepAlive: new KeepAlive(), onError: ({ message }: TinkerError) => reported.push(message) };
    const operations = new OpenOperations(host, () => undefined);
    const ids = Array.from({ length: 200_000 }, (_, index) => `sample-${index}`);
    for (const id of ids) operations.open(id, 'sample', {}, () => E.right(undefined));
    operations.failed('sample-1', new TinkerError('http', 'second'));
    await settle(1);
    expect(reported).toEqual([]);
    operations.failed('sample-0', new TinkerError('http', 'first'));
    await settle(1);
    expect(reported).toEqual(['second', 'first']);
    expect(operations.ageOf('sample-0')).toBe(0);
    for (const id of ids) operations.forget(id);
    operations.failed('sample-7', new TinkerError('http', 'forgotten'));
    await settle(1);
    expect(reported).toEqual(['second', 'first']);
  });
});
