import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { ByteBudget } from '../../src/machines/byte-budget.js';
import { settle } from '../support/machines.js';

/** Keeps the order in which reservations come through. */
function reservations(budget: ByteBudget) {
  const entered: string[] = [];
  const givers = new Map<string, () => void>();
  return {
    entered,
    giveBack: (name: string) => givers.get(name)?.(),
    reserve: (name: string, bytes: number, signal?: AbortSignal) =>
      budget.reserve(bytes, signal).then((giveBack) => {
        entered.push(name);
        givers.set(name, giveBack);
      }),
  };
}

describe('ByteBudget', () => {
  it('lets in at once while the balance is not negative, one oversized item included', async () => {
    const budget = new ByteBudget(100);
    const giveBack = await budget.reserve(100);
    expect(budget.balance).toBe(0);
    const giveBackLarge = await budget.reserve(1_000);
    expect(budget.balance).toBe(-1_000);
    giveBackLarge();
    giveBack();
    expect(budget.balance).toBe(100);
  });

  it('gives bytes back once', async () => {
    const budget = new ByteBudget(100);
    const giveBack = await budget.reserve(40);
    giveBack();
    giveBack();
    expect(budget.balance).toBe(100);
  });

  it('lets the others in, in order, as soon as the balance is not negative', async () => {
    const budget = new ByteBudget(100);
    const { entered, giveBack, reserve } = reservations(budget);
    void reserve('a', 90);
    void reserve('b', 30);
    void reserve('c', 50);
    void reserve('d', 60);
    void reserve('e', 1);
    await settle();
    expect({ entered, balance: budget.balance }).toEqual({ entered: ['a', 'b'], balance: -20 });
    giveBack('b');
    await settle();
    expect({ entered, balance: budget.balance }).toEqual({ entered: ['a', 'b', 'c'], balance: -40 });
    giveBack('a');
    await settle();
    expect({ entered, balance: budget.balance }).toEqual({ entered: ['a', 'b', 'c', 'd'], balance: -10 });
    giveBack('c');
    await settle();
    expect({ entered, balance: budget.balance }).toEqual({ entered: ['a', 'b', 'c', 'd', 'e'], balance: 39 });
    giveBack('d');
    giveBack('e');
    expect(budget.balance).toBe(100);
  });

  it('refuses a signal that is aborted already', async () => {
    const budget = new ByteBudget(10);
    await expect(budget.reserve(5, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(budget.balance).toBe(10);
  });

  it.each([
    [new Error('stopped'), 'stopped'],
    ['no error', 'The wait was given up'],
  ])('ends the wait when the signal is aborted with %p, and pays nothing', async (reason, message) => {
    const budget = new ByteBudget(10);
    const giveBack = await budget.reserve(20);
    const controller = new AbortController();
    const waiting = budget.reserve(5, controller.signal);
    const next = budget.reserve(7);
    controller.abort(reason);
    await expect(waiting).rejects.toThrow(message);
    giveBack();
    await next;
    expect(budget.balance).toBe(3);
  });

  it('does not listen to the signal any more once it has let in', async () => {
    const budget = new ByteBudget(10);
    const giveBack = await budget.reserve(20);
    const controller = new AbortController();
    const waiting = budget.reserve(5, controller.signal);
    giveBack();
    const giveBackSmall = await waiting;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(budget.balance).toBe(5);
    giveBackSmall();
    expect(budget.balance).toBe(10);
  });
});
