import { describe, expect, it } from '@jest/globals';
import { Stop, toAbortSignal, type StopSignal } from '../../src/types/stop.js';

const reason = new Error('enough');

/** What a signal does and says; the same is asked of ours and of the platform's. */
function behaviour(signal: StopSignal, abort: (reason?: unknown) => void): unknown[] {
  const heard: string[] = [];
  const gone = () => heard.push('gone');
  signal.addEventListener('abort', () => heard.push('first'), { once: true });
  signal.addEventListener('abort', gone, { once: true });
  signal.addEventListener('abort', () => heard.push('second'), { once: true });
  signal.removeEventListener('abort', gone);
  signal.removeEventListener('abort', gone);
  signal.throwIfAborted();
  const before = [signal.aborted, signal.reason];
  abort(reason);
  abort('again');
  signal.addEventListener('abort', () => heard.push('too late'), { once: true });
  let thrown: unknown;
  try {
    signal.throwIfAborted();
  } catch (caught) {
    thrown = caught;
  }
  return [before, heard, signal.aborted, signal.reason, thrown];
}

describe('Stop', () => {
  it('behaves as an AbortSignal does', () => {
    const stop = new Stop();
    const controller = new AbortController();
    const ours = behaviour(stop, (why) => stop.abort(why));
    expect(ours).toEqual([[false, undefined], ['first', 'second'], true, reason, reason]);
    expect(behaviour(controller.signal, (why) => controller.abort(why))).toEqual(ours);
  });

  it('has a reason of its own where none is given', () => {
    const stop = new Stop();
    stop.abort();
    expect(stop.reason).toMatchObject({ name: 'AbortError' });
  });
});

describe('a stop as an AbortSignal', () => {
  it('is the signal itself where it is one', () => {
    const { signal } = new AbortController();
    expect(toAbortSignal(signal)).toBe(signal);
  });

  it('ends with the stop, for its reason', () => {
    const stop = new Stop();
    const signal = toAbortSignal(stop);
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(signal.aborted).toBe(false);
    stop.abort(reason);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
  });

  it('has ended when the stop has', () => {
    const stop = new Stop();
    stop.abort(reason);
    expect(toAbortSignal(stop)).toMatchObject({ aborted: true, reason });
  });
});
