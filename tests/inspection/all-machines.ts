import type { ServiceClientOptions } from '../../src/config.js';
import { scriptedService, datum, rejection, type ScriptedService } from '../support/clients.js';
import { input } from '../support/sampling.js';
import { broken, json } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

/** The ids of all machines. */
export const machineIds = ['future', 'loneOperation', 'request', 'restore', 'sampling', 'samplingGate', 'service', 'session', 'submission', 'telemetry', 'training'];

/** What must never be seen by who inspects; the tokens of the data and of the prompts come in this order only. */
export const secrets = { key: 'tml-secret-key', tokens: [7701, 7702, 7703, 7704] };

/**
 * A service that leads all of its machines through most of their states: it trains, saves, restores and samples; requests
 * and polls fail and are made again, an operation is wedged, and what is open is given up when it is closed.
 * @param look called after each step, and while operations are on their way
 */
export async function runAllMachines(inspect: ServiceClientOptions['inspect'], look: () => unknown = () => undefined): Promise<ScriptedService> {
  const scripted = scriptedService({ inspect, telemetry: true, requestDeadlineMs: 5_000 }, { fwdbwd_max_chunk_len: 1 });
  const { server, environment, service } = scripted;
  server.times(1_000, 'telemetry', () => json({ status: 'accepted' }));
  const through = async <A>(promise: PromiseLike<A>): Promise<A> => {
    await settle();
    await look();
    const result = await advanceUntil(environment, promise);
    await look();
    return result;
  };

  const training = await through(service.createLoraTrainingClient({ baseModel: 'base', rank: 8 }));
  server.next('retrieve_future', () => broken());
  await through(training.forwardBackward([datum(secrets.tokens), datum(secrets.tokens), datum(secrets.tokens)], 'cross_entropy'));
  await through(rejection(training.forwardBackwardCustom([datum(secrets.tokens)], () => Promise.reject(new Error('no loss')))));
  server.next('optim_step', () => broken()).next('optim_step', () => json({ detail: 'busy' }, 503));
  await through(training.optimStep());
  await through(training.saveState('first'));
  server.times(40, 'save_weights', () => broken());
  await through(rejection(training.saveState('second')));
  training.skip();
  server.next('optim_step', () => json({ detail: 'no' }, 400));
  await through(rejection(training.optimStep()));

  await through(service.createTrainingClientFromState('tinker://run:train:0/weights/first'));
  server.next('weights_info', () => json({ detail: 'no such checkpoint' }, 404));
  await through(rejection(service.createTrainingClientFromState('tinker://run:train:0/weights/none')));

  const sampling = await through(service.createSamplingClient({ baseModel: 'base' }));
  server.next('asample', () => json({ detail: 'slow down' }, 429, { 'retry-after': '1' }));
  const prompt = { ...input, prompt: secrets.tokens };
  await through(Promise.all(Array.from({ length: 5 }, () => sampling.sample(prompt))));

  server.next('session_heartbeat', () => json({}, 500));
  for (let beat = 0; beat < 4; beat += 1) {
    environment.clock.increment(10_000);
    await settle();
    await look();
  }
  sampling.close();
  const open = rejection(training.optimStep());
  await service.close();
  await open;
  await settle();
  await look();
  return scripted;
}
