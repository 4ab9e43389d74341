import { describe, expect, it } from '@jest/globals';
import { checkWait } from '../src/wait.js';
import { untyped } from './support/untyped.js';

describe('checkWait', () => {
  it.each([
    ['null', 'options: got null, expected an object'],
    ['5', 'options: got 5, expected an object'],
    ['{"signal":"stop"}', 'signal: got "stop", expected an AbortSignal'],
    ['{"timeoutMs":-1}', 'timeoutMs: got -1, expected a number of milliseconds, 0 or more'],
    ['{"timeoutMs":"1"}', 'timeoutMs: got "1", expected a number of milliseconds, 0 or more'],
    ['{"timeout":1}', 'options.timeout: got 1, expected one of the options signal, timeoutMs'],
  ])('refuses %s', (options, message) => {
    expect(() => checkWait(untyped(options))).toThrow(message);
  });

  it('takes the options of a call beside its limits, and names them', () => {
    checkWait(untyped('{"ttlSeconds":1,"overwrite":true,"timeoutMs":0}'), 'saveState');
    expect(() => checkWait(untyped('{"overWrite":true}'), 'saveState')).toThrow(
      'options.overWrite: got true, expected one of the options signal, timeoutMs, ttlSeconds, overwrite',
    );
  });

  it('refuses a call whose signal was aborted before', () => {
    const aborted = expect.objectContaining({ kind: 'cancelled', message: 'optimStep: its signal was aborted before it began' });
    expect(() => checkWait({ signal: AbortSignal.abort() }, 'optimStep')).toThrow(aborted);
  });
});
