import { describe, expect, it } from '@jest/globals';
import { resolveConfig } from '../../src/config.js';
import { OpenOperations } from '../../src/calls/open-operations.js';
import { restoreTrainingClient } from '../../src/service/restore.js';
import { Runtime } from '../../src/service/runtime.js';
import { ServiceClient } from '../../src/service-client.js';
import { TrainingClient } from '../../src/training-client.js';
import { defaultClientConfig } from '../../src/types/service.js';
import { datum, rejection, scriptedTraining } from '../support/clients.js';
import { held, json, ScriptedServer } from '../support/scripted-server.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

function runtime(): Runtime {
  const { fetch } = new ScriptedServer();
  return new Runtime(resolveConfig({ baseUrl: 'http://scripted.test', apiKey: 'tml-key', fetch, environment: simulatedEnvironment() }));
}

describe('Runtime', () => {
  it('makes no training client once it is closed', async () => {
    const closed = runtime();
    await closed.close();
    expect(() => new TrainingClient(closed, 'm', defaultClientConfig)).toThrow('The ServiceClient is closed');
  });

  it('never hands out a model number twice', async () => {
    const open = runtime();
    expect([open.counters.nextModelSeqId(), open.counters.nextModelSeqId(), open.counters.nextModelSeqId()]).toEqual([0, 1, 2]);
    await open.close();
  });

  it('keeps nothing of an operation that is over', async () => {
    const { service, training } = await scriptedTraining();
    await training.forwardBackward([datum()], 'cross_entropy');
    await training.saveState('a');
    training.optimStep().cancel();
    await settle();
    expect(Object.keys(training.actor.getSnapshot().children)).toEqual([]);
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual(['session', training.actor.id]);
    await service.close();
  });

  it('takes the billing pause from the server\'s settings', async () => {
    const { server, environment, service, training } = await scriptedTraining({}, { billing_exception_max_pause_duration_sec: 10 });
    server.times(10, 'optim_step', () => json({ detail: 'blocked' }, 402));
    const step = rejection(training.optimStep());
    for (let pause = 0; pause < 5; pause += 1) {
      await settle();
      environment.clock.increment(5_000);
    }
    expect(await step).toMatchObject({ kind: 'billing', status: 402 });
    expect(server.to('optim_step')).toHaveLength(3);
    await service.close();
  });
});

describe('OpenOperations', () => {
  it('gives an operation that it does not know no age', async () => {
    const open = runtime();
    const { environment, onError } = open.config;
    const host = { environment, onError, work: open.work, keepAlive: open.keepAlive };
    expect(new OpenOperations(host, () => undefined).ageOf('unknown')).toBe(0);
    await open.close();
  });
});

describe('restoreTrainingClient', () => {
  it('says so when the client was closed before it could be handed out', async () => {
    class Hasty extends Runtime {
      override restore(): Promise<void> {
        return Promise.resolve();
      }
    }
    const hasty = new Hasty(runtime().config);
    const restored = restoreTrainingClient(
      hasty,
      { sessionId: 'S', config: defaultClientConfig },
      'tinker://run/weights/x',
      { loadOptimizer: false },
      (modelId) => new TrainingClient(hasty, modelId, defaultClientConfig),
    );
    expect(await rejection(restored)).toMatchObject({ kind: 'restoreFailed' });
    await hasty.close();
  });
});

describe('a client without options', () => {
  it('reads the environment', async () => {
    const { TINKER_API_KEY, TINKER_BASE_URL } = process.env;
    try {
      process.env['TINKER_API_KEY'] = 'bad key';
      expect(() => new ServiceClient()).toThrow('TINKER_API_KEY: the API key holds characters that no key has');
      process.env['TINKER_API_KEY'] = 'tml-key';
      process.env['TINKER_BASE_URL'] = 'http://127.0.0.1:9';
      await new ServiceClient().close();
    } finally {
      if (TINKER_API_KEY === undefined) delete process.env['TINKER_API_KEY'];
      else process.env['TINKER_API_KEY'] = TINKER_API_KEY;
      if (TINKER_BASE_URL === undefined) delete process.env['TINKER_BASE_URL'];
      else process.env['TINKER_BASE_URL'] = TINKER_BASE_URL;
    }
  });
});

describe('TrainingClient.getSnapshot', () => {
  it('counts the polls of the parts that are still open', async () => {
    const { server, service, training } = await scriptedTraining({}, { fwdbwd_max_chunk_len: 1 });
    server.next('retrieve_future', held().handler);
    const outcome = rejection(training.forwardBackward([datum(), datum()], 'cross_entropy'));
    await settle(30);
    expect(training.getSnapshot().inFlight).toMatchObject([{ seqIds: [1, 2], requestIds: ['r3', 'r2'], polls: 1 }]);
    await service.close();
    await outcome;
  });
});
