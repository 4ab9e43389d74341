import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KeepAlive, realEnvironment } from '../../src/machines/environment.js';

describe('realEnvironment', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('runs a timer once its time has come, and not before', () => {
    const run = jest.fn();
    realEnvironment.clock.setTimeout(run, 1_000);
    jest.advanceTimersByTime(999);
    expect(run).toHaveBeenCalledTimes(0);
    jest.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('clears a timer', () => {
    const timer: unknown = realEnvironment.clock.setTimeout(() => undefined, 1_000);
    expect(jest.getTimerCount()).toBe(1);
    realEnvironment.clock.clearTimeout(timer);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells a time that goes on', () => {
    const before = realEnvironment.now();
    jest.advanceTimersByTime(250);
    expect(realEnvironment.now() - before).toBe(250);
  });
});

describe('realEnvironment without fake timers', () => {
  it('has timers that do not keep the process running', () => {
    const holding = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = holding();
    const timer: unknown = realEnvironment.clock.setTimeout(() => undefined, 60_000);
    expect(holding()).toBe(before);
    realEnvironment.clock.clearTimeout(timer);
  });

  it('draws numbers in [0, 1) and ids that differ', () => {
    const drawn = realEnvironment.random();
    expect(drawn >= 0 && drawn < 1).toBe(true);
    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const ids = [realEnvironment.uuid(), realEnvironment.uuid()];
    expect(ids.map((id) => pattern.test(id))).toEqual([true, true]);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('KeepAlive', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('holds one timer while anything is open', () => {
    const keepAlive = new KeepAlive();
    const first = keepAlive.hold();
    const second = keepAlive.hold();
    expect(jest.getTimerCount()).toBe(1);
    first();
    first();
    expect(jest.getTimerCount()).toBe(1);
    second();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('holds again after everything was closed', () => {
    const keepAlive = new KeepAlive();
    keepAlive.hold()();
    const close = keepAlive.hold();
    jest.advanceTimersByTime(2 ** 31);
    expect(jest.getTimerCount()).toBe(1);
    close();
    expect(jest.getTimerCount()).toBe(0);
  });
});
