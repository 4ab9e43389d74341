import { describe, expect, it, jest } from '@jest/globals';
import type { Watcher } from '../../src/inspection/watcher.js';
import { datum, scriptedTraining } from '../support/clients.js';
import { Gathered } from '../support/inspection/gathered.js';
import { watchedSampling, watchedTraining } from '../support/inspection/watched.js';
import { input } from '../support/sampling.js';
import { broken, endpointOf, json, type ScriptedServer } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';

const tracing = () => new Gathered({ headersOf: (operation) => ({ 'x-trace': operation }) });
const traced = (server: ScriptedServer, endpoint: string) => server.to(endpoint).map(({ headers }) => headers.get('x-trace'));

describe('headers of a watcher', () => {
  it('reach the requests of training operations, those sent again, and their polls', async () => {
    const { server, environment, training } = await watchedTraining({}, { fwdbwd_max_chunk_len: 1 }, tracing());
    server.next('optim_step', () => broken()).next('retrieve_future', () => json({ type: 'try_again' }));
    const step = training.optimStep();
    const whole = training.forwardBackward([datum(), datum()], 'cross_entropy');
    await advanceUntil(environment, Promise.all([step, whole]));
    expect(traced(server, 'optim_step')).toEqual([step.id, step.id]);
    expect(traced(server, 'forward_backward')).toEqual([whole.id, whole.id]);
    expect(traced(server, 'retrieve_future').sort()).toEqual(['createModel-3', whole.id, whole.id, step.id, step.id].sort());
    const [poll] = server.to('retrieve_future');
    expect(poll?.headers.get('x-tinker-request-iteration')).toBe('0');
  });

  it('reach samples, the requests of the service, and models', async () => {
    const { server, service, sampling } = await watchedSampling({}, tracing());
    const sample = sampling.sample(input);
    await sample;
    await service.getServerCapabilities();
    await service.createLoraTrainingClient({ baseModel: 'base' });
    expect(traced(server, 'asample')).toEqual([sample.id]);
    expect(server.to('asample')[0]?.headers.get('x-tinker-sampling-backpressure')).toBe('1');
    expect(traced(server, 'get_server_capabilities')).toEqual([expect.stringMatching(/^getServerCapabilities-/)]);
    expect(traced(server, 'create_model')).toEqual([expect.stringMatching(/^createModel-/)]);
  });

  it('break no request, whatever they are', async () => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { server, training } = await watchedTraining({}, {}, new Gathered({ headersOf: () => ({ 'content-type': 'text/plain', 'x-bad': '\n' }) }));
    await training.optimStep();
    expect(server.to('optim_step')[0]?.headers.get('content-type')).toBe('application/json');
    expect(said).toHaveBeenCalledTimes(1);
    said.mockRestore();
  });
});

describe('a service that nobody watches', () => {
  it('sends what one sends that is watched without headers, byte for byte', async () => {
    const sent = async (inspect: Watcher | undefined) => {
      const { server, service, training } = await scriptedTraining({ inspect });
      await training.forwardBackward([datum()], 'cross_entropy');
      await training.optimStep();
      const sampling = await service.createSamplingClient({ baseModel: 'base' });
      await sampling.sample(input);
      await service.close();
      return server.requests.map((request) => {
        const headers = [...request.headers].filter(([name]) => name !== 'x-idempotency-key');
        return [endpointOf(request), request.method, request.text, headers];
      });
    };
    const plain = await sent(undefined);
    expect(plain.length).toBeGreaterThan(8);
    expect(await sent(new Gathered())).toEqual(plain);
  });
});

describe('a watcher that throws', () => {
  const thrower = () => {
    throw new Error('broken');
  };
  const rejecter = () => Promise.reject(new Error('broken'));

  it.each<[string, Watcher]>([
    ['in watch', { watch: thrower }],
    ['in write', { watch: () => ({ write: thrower, end: () => undefined }) }],
    ['in called', { watch: () => ({ write: () => undefined, called: thrower, end: () => undefined }) }],
    ['in headersOf', { watch: () => ({ write: () => undefined, headersOf: thrower, end: () => undefined }) }],
    ['at the end', { watch: () => ({ write: () => undefined, end: thrower }) }],
    ['at the end, later', { watch: () => ({ write: () => undefined, end: rejecter }) }],
  ])('is said so once, and the run goes on, another watcher included: %s', async (_, inspect) => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const sound = new Gathered();
    const { service, training, pass, unobserved } = await watchedTraining({ inspect: [inspect, sound] });
    await training.optimStep();
    await pass(200);
    await training.saveState('a');
    await service.close();
    expect(said.mock.calls).toEqual([['tinkerjs: what inspects this service threw and is told nothing more: broken']]);
    expect(sound.operation('saveState').status).toBe('done');
    expect([sound.ends, unobserved]).toEqual([1, []]);
    said.mockRestore();
  });
});
