import { describe, expect, it } from '@jest/globals';
import type { TrainingClient } from '../../src/training-client.js';
import { datum, scriptedTraining, type ScriptedService } from '../support/clients.js';
import { broken, json, type ScriptedServer } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';

const rounds = 30;

/** Saves that a client makes to sample from; the optimizer step is called right after, without waiting. */
const saves = {
  'a named save': (training: TrainingClient, round: number) => training.saveWeightsForSampler(`step-${round}`),
  'a save without a name': (training: TrainingClient) => training.saveWeightsAndGetSamplingClient(),
};

/** What becomes of the first attempts to save. */
const beginnings: Readonly<Record<string, (server: ScriptedServer, environment: ScriptedService['environment']) => void>> = {
  'answers at once': () => undefined,
  'answers late': (server, { clock }) =>
    server.next('save_weights_for_sampler', async (request) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 5000));
      return server.accept(request, { path: 'tinker://S/sampler_weights/x', sampling_session_id: 's' });
    }),
  'is out of reach at first': (server) => server.times(2, 'save_weights_for_sampler', () => broken('ECONNREFUSED')),
  'fails at first': (server) => server.times(2, 'save_weights_for_sampler', () => json({ detail: 'oh' }, 503)),
  'is at its limit at first': (server) => server.times(2, 'save_weights_for_sampler', () => json({ detail: 'slow down' }, 429)),
};

describe('D3: an optimizer step overtakes the save for sampling that was called before it', () => {
  for (const [what, save] of Object.entries(saves)) {
    it.each(Object.entries(beginnings))(`gives ${what} the weights as of its call when the server %s`, async (_, begin) => {
      const { server, environment, training } = await scriptedTraining();
      for (let round = 0; round < rounds; round += 1) {
        begin(server, environment);
        const saved = save(training, round);
        const stepped = training.optimStep();
        await advanceUntil(environment, Promise.all([saved, stepped]), { stepMs: 1000 });
        // Two numbers a round: the save has the lower one, and was executed before the step arrived.
        expect([saved.seqId, stepped.seqId]).toEqual([2 * round + 1, 2 * round + 2]);
        expect(server.executed.slice(-2)).toEqual([
          { path: 'save_weights_for_sampler', seqId: 2 * round + 1 },
          { path: 'optim_step', seqId: 2 * round + 2 },
        ]);
        expect(arrivals(server).slice(-1)).toEqual(['optim_step']);
        expect(arrivals(server).filter((path) => path === 'optim_step').length).toBe(round + 1);
      }
    });
  }

  it('counts the steps that went into what was saved', async () => {
    const { server, training } = await scriptedTraining();
    const calls = [training.optimStep(), training.saveWeightsForSampler('a'), training.step([datum()], 'cross_entropy'), training.saveWeightsForSampler('b')] as const;
    const [, first, , second] = await Promise.all(calls);
    expect([first.optimStepsBefore, second.optimStepsBefore]).toEqual([1, 2]);
    expect(server.executed.map(({ seqId }) => seqId).filter((seqId) => seqId !== undefined)).toEqual([1, 2, 3, 4, 5]);
  });
});

/** The submissions of this model in order of arrival. */
function arrivals(server: ScriptedServer): string[] {
  return server.requests.map(({ path }) => path.slice('/api/v1/'.length)).filter((path) => path === 'save_weights_for_sampler' || path === 'optim_step');
}
