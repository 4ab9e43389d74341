import { describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import * as E from 'fp-ts/lib/Either.js';
import { Operation, type OperationState } from '../src/operation.js';
import { TinkerError } from '../src/types/errors.js';
import { rejection } from './support/clients.js';
import { settle, simulatedEnvironment } from './support/simulated.js';

function setUp(seqId?: number) {
  const environment = simulatedEnvironment();
  const cancel = jest.fn<(id: string) => void>();
  const onRejected = jest.fn<(error: TinkerError, isObserved: () => boolean) => void>();
  const state: OperationState = {
    id: 'saveState-1',
    kind: 'saveState',
    status: 'queued',
    seqId,
    requestId: undefined,
    queueState: undefined,
    queueStateReason: undefined,
    timings: { queuedMs: undefined, sendingMs: undefined, serverMs: undefined, downloadMs: undefined },
  };
  const operation = new Operation<string>(state, { environment, cancel, onRejected });
  return { environment, cancel, onRejected, state, operation };
}

const failure = new TinkerError('requestFailed', 'it broke');

describe('Operation', () => {
  it('shows what is known of it', () => {
    const { operation, state } = setUp();
    Object.assign(state, { status: 'paused', seqId: 3, requestId: 'r', queueState: 'paused_capacity', queueStateReason: 'busy' });
    expect(operation).toMatchObject({
      id: 'saveState-1',
      kind: 'saveState',
      status: 'paused',
      seqId: 3,
      requestId: 'r',
      queueState: 'paused_capacity',
      queueStateReason: 'busy',
      timings: state.timings,
    });
  });

  it('gives its value to any number of callers, before and after it is there', async () => {
    const { operation } = setUp();
    const early = operation.then((value) => `${value}!`);
    operation.succeed('a');
    operation.succeed('b');
    operation.fail(failure);
    await expect(early).resolves.toBe('a!');
    await expect(operation.result()).resolves.toBe('a');
    expect(await operation).toBe('a');
  });

  it('gives its outcome as a value', async () => {
    const good = setUp().operation;
    good.settle(E.right('a'));
    expect(await good.toTaskEither()()).toEqual(E.right('a'));
    const bad = setUp().operation;
    bad.settle(E.left(failure));
    expect(await bad.toTaskEither()()).toEqual(E.left(failure));
  });

  it('tells its client that it is rejected, once, and whether anybody has asked', async () => {
    const { operation, onRejected, state } = setUp();
    operation.fail(failure);
    operation.fail(new TinkerError('http', 'again'));
    expect(onRejected.mock.calls.map(([error, isObserved]) => [error, isObserved()])).toEqual([[failure, false]]);
    expect(state.status).toBe('failed');
    expect(await rejection(operation)).toBe(failure);
    expect(onRejected.mock.calls.map(([, isObserved]) => isObserved())).toEqual([true]);
  });

  it('is cancelled when it is rejected with that', async () => {
    const { operation, state } = setUp();
    operation.fail(new TinkerError('cancelled', 'enough'));
    expect(await rejection(operation)).toMatchObject({ kind: 'cancelled' });
    expect(state.status).toBe('cancelled');
  });

  it('asks its client to cancel', () => {
    const { operation, cancel } = setUp();
    operation.cancel();
    expect(cancel.mock.calls).toEqual([['saveState-1']]);
  });

  it('means the new outcome once it was opened again', async () => {
    const { operation } = setUp();
    operation.reopen();
    operation.fail(failure);
    expect(await rejection(operation)).toBe(failure);
    operation.reopen();
    operation.succeed('at last');
    expect(await operation).toBe('at last');
  });
});

describe('Operation.result', () => {
  it('gives up after its time, says what it waited for, and leaves the operation alone', async () => {
    const { environment, operation, cancel, state } = setUp(4);
    Object.assign(state, { status: 'polling', queueState: 'active', requestId: 'r' });
    const waited = rejection(operation.result({ timeoutMs: 1_000 }));
    environment.clock.increment(999);
    await settle();
    environment.clock.increment(1);
    expect(await waited).toMatchObject({
      kind: 'timeout',
      message: 'Waited 1000 ms for saveState-1 (polling, seq_id 4, server queue active). It goes on, and can be awaited again',
      operation: 'saveState',
      operationId: 'saveState-1',
      seqId: 4,
      requestId: 'r',
      queueState: 'active',
      elapsedMs: 1_000,
    });
    expect(cancel).not.toHaveBeenCalled();
    operation.succeed('later');
    expect(await operation).toBe('later');
  });

  it('gives up when its signal says so, and lets go of the signal', async () => {
    const { operation } = setUp();
    const controller = new AbortController();
    const waited = rejection(operation.result({ signal: controller.signal }));
    controller.abort();
    expect(await waited).toMatchObject({ kind: 'cancelled', message: 'The wait for saveState-1 (queued) was given up' });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(await rejection(operation.result({ signal: AbortSignal.abort() }))).toMatchObject({ kind: 'cancelled' });
  });

  it('gives the value when it comes in time', async () => {
    const { operation, environment } = setUp();
    const waited = operation.result({ timeoutMs: 10, signal: new AbortController().signal });
    operation.succeed('in time');
    await expect(waited).resolves.toBe('in time');
    environment.clock.increment(10);
  });

  it.each([
    [{ timeoutMs: -1 }, 'timeoutMs: got -1, expected a number of milliseconds, 0 or more'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs: got NaN, expected a number of milliseconds, 0 or more'],
  ])('refuses %p', async (options, message) => {
    expect(await rejection(setUp().operation.result(options))).toMatchObject({ kind: 'validation', message });
  });
});
