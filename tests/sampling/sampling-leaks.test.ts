import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { sleep } from '../../src/sampling/abortable.js';
import type { SamplingGateContext } from '../../src/machines/sampling-gate-machine.js';
import { rejection, type ScriptedService } from '../support/clients.js';
import { json } from '../support/scripted-server.js';
import { input, scriptedSampling } from '../support/sampling.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

const never = () => new Promise<Response>(() => undefined);
const listeners = ({ signal }: AbortController) => getEventListeners(signal, 'abort').length;

function gateOf({ service }: ScriptedService): SamplingGateContext {
  const gate = service.actor.getSnapshot().context.samplingGate;
  if (gate === undefined) throw new Error('no sampling client was made');
  return gate.getSnapshot().context;
}

describe('what a sampling call leaves behind', () => {
  it("is no listener on the caller's signal, however many calls it limits", async () => {
    const { sampling, service } = await scriptedSampling();
    const limit = new AbortController();
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 200 }, () => sampling.sample(input, { signal: limit.signal })));
      await Promise.all([sampling.sample(input).result({ signal: limit.signal }), sampling.computeLogprobs([1], { signal: limit.signal })]);
      expect(listeners(limit)).toBe(0);
    }
    const open = sampling.sample(input, { signal: limit.signal });
    expect(listeners(limit)).toBe(1);
    open.cancel();
    await rejection(open);
    expect(listeners(limit)).toBe(0);
    await service.close();
    const late = rejection(sampling.sample(input, { signal: limit.signal }));
    expect(listeners(limit)).toBe(0);
    expect(await late).toMatchObject({ kind: 'cancelled' });
  });

  it('is no listener on the signal of a wait that is over', async () => {
    const { clock } = simulatedEnvironment();
    const limit = new AbortController();
    const over = sleep(clock, 10, limit.signal);
    expect(listeners(limit)).toBe(1);
    clock.increment(10);
    await over;
    expect(listeners(limit)).toBe(0);
  });

  it.each(['cancelled', 'late', 'closed'] as const)('is nothing at the gate when it was %s, at whichever stage', async (how) => {
    const scripted = await scriptedSampling();
    const { server, service, sampling, pass } = scripted;
    server.next('asample', never).next('asample', (request) => server.accept(request, {})).next('retrieve_future', never);
    const calls = [sampling.sample(input, { timeoutMs: 500 }), sampling.sample(input, { timeoutMs: 500 })];
    await settle();
    server.next('asample', () => json({}, 429));
    calls.push(sampling.sample(input, { timeoutMs: 500 }));
    await settle();
    calls.push(sampling.sample(input, { timeoutMs: 500 }));
    await settle();
    expect([gateOf(scripted).waiting.length, gateOf(scripted).inside]).toEqual([1, 2]);
    const outcomes = calls.map(rejection);
    if (how === 'cancelled') for (const call of calls) call.cancel();
    else if (how === 'late') await pass(500);
    else sampling.close();
    for (const error of await Promise.all(outcomes)) expect(error).toMatchObject({ kind: how === 'late' ? 'timeout' : 'cancelled' });
    await settle();
    expect(gateOf(scripted)).toMatchObject({ waiting: [], inside: 0, insideThrottled: 0, balance: 10_485_760 });
    await service.close();
  });
});

describe('the pause before a new attempt', () => {
  it('is never longer than the longest, chance included', async () => {
    const environment = { ...simulatedEnvironment(), random: () => 0.99 };
    const retryConfig = { retryDelayBaseMs: 1_000, retryDelayMaxMs: 1_000, jitterFactor: 1 };
    const { server, sampling, seqIds } = await scriptedSampling({ service: { environment }, client: { retryConfig } });
    server.next('asample', () => json({}, 409));
    const call = sampling.sample(input);
    await settle();
    environment.clock.increment(1_000);
    await call;
    expect(seqIds()).toEqual([0, 1]);
  });
});
