import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { TokenKeeper } from '../../src/credentials/token-keeper.js';
import type { AttemptFailure } from '../../src/types/attempt.js';
import { TinkerError } from '../../src/types/errors.js';
import { CountingClock } from '../support/counting-clock.js';
import { rejection } from '../support/clients.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';
import { jwt } from '../support/token-server.js';

const outOfOrder = new TinkerError('http', 'out of order', { status: 503, retriable: true });
const forbidden = new TinkerError('http', 'forbidden', { status: 403 });
const refusal: AttemptFailure = {
  error: new TinkerError('http', 'no', { status: 401 }),
  verdict: 'definite',
  mayBeTaken: false,
  retryAfterMs: undefined,
  body: '',
};

/** Tokens that live this long, or errors, in turn; the last one again and again. */
function keeperOf(...answers: readonly (number | undefined | TinkerError)[]) {
  const environment = simulatedEnvironment();
  const asked: boolean[] = [];
  const warnings: string[] = [];
  const keeper = new TokenKeeper({
    environment,
    exchange: (isFirst) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(isFirst);
      if (answer instanceof TinkerError) return Promise.reject(answer);
      const exp = answer === undefined ? {} : { exp: (environment.clock.now() + answer) / 1000 };
      return Promise.resolve(jwt({ ...exp, sub: `user-${asked.length}` }));
    },
    warn: (text) => warnings.push(text),
  });
  const pass = async (ms: number) => {
    environment.clock.increment(ms);
    await settle(2);
  };
  return { keeper, asked, warnings, pass, who: async () => (await keeper.current(), keeper.claims.sub) };
}

describe('TokenKeeper', () => {
  it('fails when there is no first token, and can begin again', async () => {
    const { keeper, asked, who } = keeperOf(forbidden, 3_600_000);
    expect(await rejection(keeper.start())).toBe(forbidden);
    await keeper.start();
    expect([asked, await who()]).toEqual([[true, true], 'user-2']);
    keeper.stop();
  });

  it('exchanges in the background five minutes before the end', async () => {
    const { keeper, asked, pass, who } = keeperOf(3_600_000);
    await keeper.start();
    await pass(3_299_999);
    expect(asked).toEqual([true]);
    await pass(1);
    expect([asked, await who()]).toEqual([[true, false], 'user-2']);
    keeper.stop();
  });

  it('looks in once a day at a token that lives long', async () => {
    const { keeper, asked, pass } = keeperOf(200_000_000, 3_600_000);
    await keeper.start();
    await pass(86_400_000);
    await pass(86_400_000);
    expect(asked).toEqual([true]);
    await pass(26_900_000);
    expect(asked).toEqual([true, false]);
    keeper.stop();
  });

  it('waits a minute after an exchange that failed, and keeps the old token meanwhile', async () => {
    const { keeper, asked, warnings, pass, who } = keeperOf(400_000, outOfOrder, outOfOrder, 3_600_000);
    await keeper.start();
    await pass(100_000);
    await pass(60_000);
    expect([asked.length, await who()]).toEqual([3, 'user-1']);
    await pass(59_999);
    expect(asked).toHaveLength(3);
    await pass(1);
    expect([asked.length, await who()]).toEqual([4, 'user-4']);
    const warning = 'the token for this server could not be renewed, the old one stays in use: out of order';
    expect(warnings).toEqual([warning, warning]);
    keeper.stop();
  });

  it('exchanges for a request in the last minute, once for all, and rests for 5 s after a failure', async () => {
    const { keeper, asked, pass, who } = keeperOf(61_000, outOfOrder, 3_600_000);
    await keeper.start();
    expect([await who(), asked.length]).toEqual(['user-1', 1]);
    await pass(5_000);
    expect(await Promise.all([who(), who(), who()])).toEqual(['user-1', 'user-1', 'user-1']);
    expect(asked).toHaveLength(2);
    await pass(4_999);
    expect([await who(), asked.length]).toEqual(['user-1', 2]);
    await pass(1);
    expect([await Promise.all([who(), who()]), asked.length]).toEqual([['user-3', 'user-3'], 3]);
    keeper.stop();
  });

  it('exchanges a token whose end nobody knows for requests, every 5 s at most, and once a minute without any', async () => {
    const { keeper, asked, pass, who } = keeperOf(undefined);
    await keeper.start();
    expect([await who(), asked.length]).toEqual(['user-1', 1]);
    await pass(5_000);
    expect([await who(), asked.length]).toEqual(['user-2', 2]);
    await pass(55_000);
    expect(asked).toHaveLength(3);
    keeper.stop();
  });

  it('takes the time outside for the time of day where the environment names none', async () => {
    const { wallNow, ...environment } = simulatedEnvironment();
    const asked: boolean[] = [];
    const exchange = (isFirst: boolean) => {
      asked.push(isFirst);
      return Promise.resolve(jwt({ exp: Date.now() / 1000 + 3_600 }));
    };
    const keeper = new TokenKeeper({ environment, exchange, warn: () => undefined });
    await keeper.start();
    await keeper.current();
    expect([asked, wallNow === undefined]).toEqual([[true], false]);
    keeper.stop();
  });

  it('stops', async () => {
    const { keeper, asked, warnings, pass, who } = keeperOf(400_000, outOfOrder);
    await keeper.start();
    const renewing = keeper.renewed(await keeper.current(), refusal);
    keeper.stop();
    await renewing;
    await pass(1_000_000);
    expect([await who(), asked.length, warnings]).toEqual(['user-1', 1, []]);
  });

  it('starts no pause when it was stopped while it asked, and says nothing', async () => {
    let fail: (error: TinkerError) => void = () => undefined;
    const clock = new CountingClock();
    const environment = { ...simulatedEnvironment(), clock, now: () => clock.now(), wallNow: () => clock.now() };
    const warnings: string[] = [];
    const answers = [Promise.resolve(jwt({ exp: 400 })), new Promise<string>((_, reject) => { fail = reject; })];
    const keeper = new TokenKeeper({ environment, exchange: () => answers.shift() ?? Promise.reject(forbidden), warn: (text) => warnings.push(text) });
    await keeper.start();
    environment.clock.increment(100_000);
    await settle(2);
    keeper.stop();
    fail(outOfOrder);
    await settle(2);
    expect(clock.pending).toBe(0);
    clock.increment(1_000_000);
    await settle(2);
    expect([answers, warnings]).toEqual([[], []]);
  });
});

describe('TokenKeeper.renewed', () => {
  it('gives a fresh token for one that was refused, also when somebody else has got it already', async () => {
    const { keeper, asked, pass } = keeperOf(3_600_000);
    await keeper.start();
    const first = await keeper.current();
    await pass(5_000);
    const fresh = await keeper.renewed(first, refusal);
    expect(fresh).toEqual(E.right(await keeper.current()));
    expect(await keeper.renewed(first, refusal)).toEqual(fresh);
    expect(asked).toHaveLength(2);
    keeper.stop();
  });

  it('lets a refusal stand that is not the token\'s fault', async () => {
    const { keeper, pass } = keeperOf(3_600_000, forbidden);
    await keeper.start();
    const first = await keeper.current();
    // The server refuses what it has just given.
    expect(await keeper.renewed(first, refusal)).toEqual(E.left(refusal));
    await pass(5_000);
    expect(await keeper.renewed(first, refusal)).toEqual(E.left(refusal));
    keeper.stop();
  });

  it('takes a refusal for one that passes when the server of tokens is in trouble', async () => {
    const { keeper, pass } = keeperOf(3_600_000, outOfOrder);
    await keeper.start();
    await pass(5_000);
    expect(await keeper.renewed(await keeper.current(), refusal)).toMatchObject({
      left: { verdict: 'transient', mayBeTaken: false, error: { status: 401, retriable: true } },
    });
    keeper.stop();
  });
});
