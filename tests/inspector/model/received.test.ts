import { describe, expect, it } from '@jest/globals';
import { readDropped, readHeartbeat, readHello, readRecords, readReply } from '../../../src/inspector/model/received.js';
import { madeRecords } from '../../support/inspection/made-records.js';

const hello = { instance: 'i', version: 1, source: 'live', control: false, dropped: { records: 0, operations: 0 } };

describe('what the page receives', () => {
  it('is a greeting', () => expect(readHello(JSON.stringify(hello))).toEqual(hello));

  it.each([{ ...hello, source: 'else' }, { ...hello, instance: 1 }, { ...hello, version: '1' }, { ...hello, control: 'no' }, { ...hello, dropped: {} }, null, 'text'])(
    'is no greeting: %j',
    (given) => expect(readHello(JSON.stringify(given))).toBeUndefined(),
  );

  it('is every record that is known', () => {
    const records = madeRecords({ operations: 60 });
    expect(readRecords(JSON.stringify(records))).toEqual(records);
  });

  it('leaves out what it does not know', () => {
    const notice = { type: 'notice', service: 's', key: '1', at: 1, level: 'info', text: 'hello' };
    const others = [{ ...notice, type: 'later' }, { ...notice, type: 'toString' }, { ...notice, key: 1 }, { ...notice, at: '1' }, { type: 'notice' }, null, 3];
    expect(readRecords(JSON.stringify([...others, notice]))).toEqual([notice]);
    expect(readRecords('{}')).toEqual([]);
    expect(readRecords('[')).toEqual([]);
  });

  it('is what was let go', () => {
    expect(readDropped('{"records":3,"operations":2}')).toEqual({ records: 3, operations: 2 });
    expect(readDropped('{"records":3}')).toBeUndefined();
  });

  it('is the clock of the program', () => {
    expect([readHeartbeat('{"at":5}'), readHeartbeat('{"at":"5"}'), readHeartbeat('')]).toEqual([5, undefined, undefined]);
  });

  it('is the answer to a command, or nothing that can be said', () => {
    expect(readReply('{"done":"Paused."}')).toEqual({ done: 'Paused.' });
    expect(readReply('{"error":"It is not wedged."}')).toEqual({ error: 'It is not wedged.' });
    expect(readReply('<html>')).toEqual({});
  });
});
