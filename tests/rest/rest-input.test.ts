import { describe, expect, it } from '@jest/globals';
import * as input from '../../src/rest/rest-input.js';
import { assertRefuses } from '../support/codec.js';
import { rejection } from '../support/clients.js';
import { scriptedRest } from '../support/rest.js';

const idRule = 'an id: printable ASCII characters without spaces and "/", neither "." nor ".."';

describe('limitsOf', () => {
  it('gives the limits alone', () => {
    const { signal } = new AbortController();
    expect(input.limitsOf({ signal, timeoutMs: 5 })).toEqual({ signal, timeoutMs: 5 });
  });

  it('refuses a name that no option has', () => {
    const misspelt = { timeoutMs: 5, limt: 3 };
    assertRefuses(() => input.limitsOf(misspelt, ['limit']), 'options.limt', 'options.limt: there is no such option; the options are limit, signal, timeoutMs');
  });
});

describe('checkId', () => {
  it('takes what fits into one part of a path', () => {
    expect(input.checkId('sessionId', 'S:train:0')).toBe('S:train:0');
  });

  it.each([
    ['', '""'],
    ['..', '".."'],
    ['a/b', '"a/b"'],
    ['a b', '"a b"'],
    [7, '7'],
  ])('refuses %j', (value, shown) => {
    assertRefuses(() => input.checkId('sessionId', value), 'sessionId', `sessionId: got ${shown}, expected ${idRule}`);
  });
});

describe('addressOf', () => {
  it('takes both kinds', () => {
    expect(input.addressOf('r', 'weights/a')).toEqual({ trainingRunId: 'r', kind: 'weights', name: 'a' });
    expect(input.addressOf('r', 'sampler_weights/a')).toEqual({ trainingRunId: 'r', kind: 'sampler_weights', name: 'a' });
  });

  it.each([
    ['a', '"a"'],
    ['other/a', '"other/a"'],
    ['weights/', '"weights/"'],
    ['weights/a/b', '"weights/a/b"'],
    [['weights/a'], 'an array of 1'],
  ])('refuses %j: the kind is never guessed', (checkpointId, shown) => {
    const allowed = 'weights/NAME or sampler_weights/NAME, as listCheckpoints and parseCheckpointPath give it';
    assertRefuses(() => input.addressOf('r', checkpointId), 'checkpointId', `checkpointId: got ${shown}, expected ${allowed}`);
  });
});

describe('parsePath', () => {
  it('takes a path of two parts for that of a sampler checkpoint', () => {
    expect(input.parsePath('tinker://r/a')).toEqual({
      path: 'tinker://r/sampler_weights/a',
      trainingRunId: 'r',
      checkpointType: 'sampler',
      checkpointId: 'sampler_weights/a',
      name: 'a',
    });
  });

  it.each([
    ['r/weights/a', '"r/weights/a"'],
    ['tinker://r/.hidden', '"tinker://r/.hidden"'],
    [undefined, 'undefined'],
  ])('refuses %j as it was given', (path, shown) => {
    assertRefuses(() => input.parsePath(path), 'tinkerPath', `tinkerPath: got ${shown}, expected a checkpoint path such as tinker://RUN/weights/NAME`);
  });
});

describe('checkCount', () => {
  it('fills in the default', () => {
    expect([input.checkCount('limit', undefined, 20, 1), input.checkCount('limit', 3, 20, 1)]).toEqual([20, 3]);
  });

  it.each([0, 1.5, '3'])('refuses %j', (value) => {
    assertRefuses(() => input.checkCount('limit', value, 20, 1), 'limit', `limit: got ${JSON.stringify(value)}, expected a whole number, 1 or more`);
  });
});

describe('checkScope', () => {
  it('is owned unless said otherwise', () => {
    expect([input.checkScope(undefined), input.checkScope('accessible')]).toEqual(['owned', 'accessible']);
    assertRefuses(() => input.checkScope('all'), 'accessScope', 'accessScope: got "all", expected "owned" or "accessible"');
  });
});

describe('checkTtlOrNull', () => {
  it('takes seconds or null', () => {
    expect([input.checkTtlOrNull(1), input.checkTtlOrNull(null)]).toEqual([1, null]);
  });

  it.each([[0], [-1], [1.5], [undefined], ['60']])('refuses %j', (value) => {
    expect(() => input.checkTtlOrNull(value)).toThrow(/^ttlSeconds: got .*, expected a whole number of seconds from now, 1 to 100 years, or null/);
  });
});

describe('checkMoment', () => {
  const moment = new Date(Date.UTC(2026, 6, 13));

  it.each([[moment], ['2026-07-13T00:00:00Z'], ['2026-07-13T02:00:00+02:00']])('takes %j', (value) => {
    expect(input.checkMoment('startingOn', value)).toEqual(moment);
  });

  it.each([[new Date(Number.NaN)], ['2026-07-13'], ['2026-07-13T00:00:00'], ['soon Z'], [1752364800], [undefined]])('refuses %p', (value) => {
    expect(() => input.checkMoment('startingOn', value)).toThrow(/^startingOn: got .*, expected a Date or RFC 3339 text such as 2026-07-13T00:00:00Z$/);
  });
});

describe('checkDay', () => {
  it('takes a day, or none', () => {
    expect([input.checkDay('2025-01-02'), input.checkDay(undefined)]).toEqual(['2025-01-02', undefined]);
  });

  it.each([['2025-04-31'], ['2025-1-2'], ['today'], [20250102], [null]])('refuses %j', (day) => {
    expect(() => input.checkDay(day)).toThrow(/^day: got .*, expected a day as YYYY-MM-DD, in UTC$/);
  });
});

describe('RestClient', () => {
  it('refuses before anything is sent', async () => {
    const { rest, server } = scriptedRest();
    const refused = [
      rest.getTrainingRun(''),
      rest.getTrainingRunByTinkerPath('x'),
      rest.listTrainingRuns({ limit: 0 }),
      rest.listTrainingRuns({ projectId: '' }),
      rest.listUserCheckpoints({ offset: -1 }),
      rest.listCheckpoints(''),
      rest.deleteCheckpoint('r', 'bare'),
      rest.getCheckpointArchiveUrl('r', 'bare'),
      rest.assignSessionProject('S', ''),
      rest.getBillingUsage({ startingOn: '2026-07-14T00:00:00Z', endingBefore: '2026-07-14T00:00:00Z' }),
      rest.getAuditLog({ day: 'today' }),
      rest.getAuditLog({ ...{ eventType: 'x' as 'all' } }),
      rest.iterateSessions({ pageSize: 0 }).next(),
    ];
    const errors = await Promise.all(refused.map((call) => rejection(call)));
    expect(errors).toEqual(errors.map(() => expect.objectContaining({ kind: 'validation' })));
    expect(errors.map((error) => (error instanceof Object && 'field' in error ? error.field : error))).toEqual([
      'trainingRunId', 'tinkerPath', 'limit', 'projectId', 'offset', 'trainingRunId', 'checkpointId', 'checkpointId', 'projectId', 'endingBefore', 'day', 'eventType', 'pageSize',
    ]);
    expect(server.requests).toEqual([]);
  });
});
