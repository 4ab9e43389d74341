import { describe, expect, it } from '@jest/globals';
import { rejection, scriptedTraining } from '../support/clients.js';
import { held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

describe('rejected operations that nobody awaits', () => {
  it('are not reported while the caller still awaits one that was called before', async () => {
    const { server, service, training, unobserved } = await scriptedTraining();
    const answer = held();
    server.next('retrieve_future', answer.handler);
    const first = training.optimStep();
    const second = training.saveState('also bad!');
    await settle();
    expect(unobserved).toEqual([]);
    answer.release(json({ metrics: {} }));
    await first;
    expect(await rejection(second)).toMatchObject({ kind: 'validation' });
    await settle();
    expect(unobserved).toEqual([]);
    await service.close();
  });

  it('are reported once, in the order of the calls, when nothing before them is open', async () => {
    const { server, service, training, unobserved } = await scriptedTraining();
    const answer = held();
    server.next('retrieve_future', answer.handler);
    const first = training.optimStep();
    const bad = [training.saveState('bad!'), training.saveState('worse!')];
    answer.release(json({ metrics: {} }));
    await first;
    await settle();
    expect(unobserved).toMatchObject(bad.map(({ id }) => ({ kind: 'validation', operationId: id })));
    await service.close();
    expect(unobserved).toHaveLength(2);
  });

  it('are not reported when the caller cancelled them', async () => {
    const { service, training, unobserved } = await scriptedTraining();
    training.optimStep().cancel();
    training.optimStep();
    await service.close();
    await settle();
    expect(unobserved).toEqual([]);
  });
});
