import { describe, expect, it, jest } from '@jest/globals';
import { ServiceClient, type TrainingClient } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { Gathered } from '../support/inspection/gathered.js';
import { passTime } from '../support/inspection/watched.js';
import { json, ScriptedServer, type Handler } from '../support/scripted-server.js';
import { simulatedEnvironment } from '../support/simulated.js';
import { jwt } from '../support/token-server.js';

const apiKey = 'tml-very-secret-key';
const accessToken = 'access-of-somebody-else';
const printed = jwt({ exp: 4_000_000, sub: 'u' }, 'cHJpbnRlZA');
const exchanged = jwt({ exp: 4_000_000, sub: 'v' }, 'ZXhjaGFuZ2Vk');
const tokens = [918_273, 918_274, 918_275];
const sampled = 726_354;
const logprob = -0.837_465;

/** Says all that it was given, and all secrets that there are. */
const echo = (status: number): Handler => ({ headers, text }) => json({ detail: `${headers.get('x-api-key')} ${apiKey} ${accessToken} ${printed} ${exchanged} ${text.length}` }, status);
const waits: Handler = ({ headers }) => json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: `${headers.get('x-api-key')} ${accessToken}` });

/** Everything that can be done and go wrong. */
async function fullRun(service: ServiceClient, server: ScriptedServer, training: TrainingClient): Promise<void> {
  const output = { loss_fn_outputs: [{ logprobs: { data: [logprob, logprob], dtype: 'float32', shape: [2] } }], metrics: { 'loss:sum': 1 } };
  const data = [datum(tokens)];
  await rejection(training.loadState('tinker://run/weights/x', { weightsAccessToken: accessToken }));
  server.next('retrieve_future', waits).next('retrieve_future', echo(503)).next('retrieve_future', () => json(output));
  await training.forwardBackward(data, 'cross_entropy');
  server.next('optim_step', echo(503)).next('optim_step', echo(402));
  await training.optimStep();
  const tooMuch = { ...datum(tokens), lossFnInputs: { target_tokens: tokens.slice(1), advantages: [logprob, logprob] } };
  await rejection(training.forwardBackwardCustom([tooMuch], () => ({ loss: 1, gradients: [] })));
  server.times(2, 'retrieve_future', () => json(output));
  const thrower = () => {
    throw new Error(`you asked with ${accessToken}`);
  };
  await rejection(training.forwardBackwardCustom(data, thrower));
  await training.forwardBackwardCustom(data, () => ({ loss: 1, gradients: [[logprob, logprob]] }));
  server.next('retrieve_future', () => json({ error: `failed for ${apiKey} and ${accessToken}`, category: 'user' }));
  await rejection(training.saveState('a'));
  await training.saveState('b');
  const sampling = await service.createSamplingClient({ baseModel: 'base' });
  const result = { sequences: [{ stop_reason: 'stop', tokens: [sampled], logprobs: [logprob] }], prompt_logprobs: [null, logprob] };
  server.next('asample', echo(429)).next('asample', (request) => server.accept(request, result)).next('retrieve_future', echo(410));
  await sampling.sample({ prompt: tokens, samplingParams: { maxTokens: 4, stop: 'stop-here-please' } });
  await rejection(sampling.sample({ prompt: [...tokens, -1], samplingParams: { maxTokens: 4 } }));
  server.next('asample', echo(400));
  await rejection(sampling.computeLogprobs(tokens));
  server.next('get_server_capabilities', echo(403));
  await rejection(service.getServerCapabilities());
}

describe('the records of a full run', () => {
  it.each([
    ['an API key', { apiKey }, {}],
    ['the token that an API key is exchanged for', { apiKey }, { pjwt_auth_enabled: true }],
    ['a credential command', { credentialCommand: `"${process.execPath}" -e "console.log('${printed}')"` }, {}],
  ])('hold no secret, no token, no tensor and no prompt, with %s', async (_, credentials, config) => {
    const quiet = [jest.spyOn(console, 'error').mockImplementation(() => undefined), jest.spyOn(console, 'warn').mockImplementation(() => undefined)];
    const [server, environment, watcher] = [new ScriptedServer(config), simulatedEnvironment(), new Gathered()];
    server.times(3, 'auth/token', () => json({ jwt: exchanged }));
    const service = new ServiceClient({
      baseUrl: 'http://scripted.test', ...credentials, fetch: server.fetch, environment, encoding: 'json', onQueueState: () => undefined, inspect: watcher,
    });
    const training = await service.createLoraTrainingClient({ baseModel: 'base', userMetadata: { note: 'x' } });
    server.next('load_weights', echo(403));
    const state = { done: false };
    const run = fullRun(service, server, training).finally(() => (state.done = true));
    for (let turn = 0; turn < 600 && !state.done; turn += 1) await passTime(environment, 100);
    await run;
    await service.close();
    for (const each of quiet) each.mockRestore();
    const everything = JSON.stringify([watcher.told, watcher.calls, watcher.service.snapshot()]);
    for (const type of ['operation', 'error', 'metrics', 'checkpoint', 'actor', 'chart'] as const) expect(watcher.all(type).length).toBeGreaterThan(0);
    const shown = (texts: readonly (string | number)[]) => texts.filter((text) => everything.includes(String(text)));
    expect(shown(['[access token]', '[JWT]'])).toHaveLength(2);
    expect(shown([...Object.values(credentials), accessToken, printed, exchanged])).toEqual([]);
    expect(shown([...tokens, sampled, '0.837', 'stop-here'])).toEqual([]);
  });
});
