import { describe, expect, it } from '@jest/globals';
import { datum, rejection, scriptedTraining, type ScriptedService } from '../support/clients.js';
import { json, type ReceivedRequest } from '../support/scripted-server.js';
import { advanceUntil, settle } from '../support/simulated.js';

const apiKey = 'tml-planted-api-key-4711';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.cGxhbnRlZC1zaWduYXR1cmU';
const accessToken = 'planted-access-token-0815';
const tunnelSecret = 'planted tunnel secret';
const planted = [apiKey, jwt, accessToken, tunnelSecret, 'planted-jsonl', 'planted prompt'];

/** A server, or a proxy before it, that repeats whatever it was sent. */
function parrot({ headers, text }: ReceivedRequest): string {
  // The words that are told of a failure are few: what is planted comes first.
  return `refused ${tunnelSecret} token=${accessToken} /home/me/planted-jsonl ${JSON.stringify([...headers].reverse())} ${text}`;
}

const headers = { 'set-cookie': `session=${jwt}`, 'x-echo': apiKey };

async function telling() {
  const scripted = await scriptedTraining({
    apiKey,
    telemetry: true,
    requestDeadlineMs: 1,
    defaultHeaders: { 'CF-Access-Client-Secret': tunnelSecret, Authorization: `Bearer ${jwt}` },
    userMetadata: { note: 'planted prompt' },
  });
  scripted.server.times(1_000, 'telemetry', () => json({ status: 'accepted' }));
  return scripted;
}

/** Everything that telemetry sent, byte for byte. */
const sent = ({ server }: ScriptedService): string => server.to('telemetry').map(({ text }) => text).join('\n');

describe('D7: request headers, the API key among them, go into telemetry', () => {
  it('sends no secret, wherever it is repeated, and says what failed nevertheless', async () => {
    const scripted = await telling();
    const { server, environment, service, training } = scripted;
    const fails = async (endpoint: string, times: number, handler: (request: ReceivedRequest) => Response, call: () => PromiseLike<unknown>) => {
      server.times(times, endpoint, handler);
      return advanceUntil(environment, rejection(call()), { stepMs: 100 });
    };

    // In bodies of refusals and failures, as text and as JSON, with headers that hold more of it.
    await fails('get_info', 1, (request) => json({ detail: parrot(request) }, 400, headers), () => training.getInfo());
    await fails('get_info', 1, (request) => new Response(parrot(request), { status: 403, headers }), () => training.getInfo());
    await fails('get_info', 2, (request) => json({ error: parrot(request) }, 500, headers), () => training.getInfo());
    // In answers that are not what was promised.
    await fails('get_info', 2, () => json({ model_id: 'm', model_data: {}, is_lora: 'planted prompt' }), () => training.getInfo());
    // In what the transport throws, with the request attached.
    await fails(
      'get_info',
      2,
      (request) => {
        throw Object.assign(new TypeError(parrot(request)), { request, options: { headers: [...request.headers] } });
      },
      () => training.getInfo(),
    );
    // In failures of operations, when submitted and when asked for.
    await fails('load_weights', 1, (request) => json({ detail: parrot(request) }, 422), () =>
      training.loadState('tinker://run/weights/planted-jsonl', { weightsAccessToken: accessToken }),
    );
    for (const category of ['user', 'server']) {
      await fails('retrieve_future', 1, (request) => json({ error: parrot(request), category }), () => training.optimStep());
    }
    await fails('retrieve_future', 1, (request) => json({ detail: parrot(request) }, 410), () => training.optimStep());
    // In a user's own exception, and in an argument that is refused.
    const secretive = () => {
      throw new Error(`planted prompt ${accessToken}`);
    };
    const data = [{ ...datum([1, 2]), lossFnInputs: { target_tokens: [2] } }];
    expect(String(await advanceUntil(environment, rejection(training.forwardBackwardCustom(data, secretive))))).toContain('planted prompt');
    await rejection(training.loadState(`planted prompt ${accessToken}`));
    await fails('load_weights', 1, (request) => json({ detail: parrot(request) }, 400), () =>
      service.createTrainingClientFromState('tinker://run/weights/planted-jsonl', { weightsAccessToken: accessToken }),
    );
    environment.clock.increment(10_000);
    await settle();
    await service.close();

    const told = sent(scripted);
    expect(planted.filter((secret) => told.includes(secret) || told.includes(encodeURIComponent(secret)))).toEqual([]);
    // Nor a piece of one: what is left of a secret that was cut is still one.
    expect(told.match(/planted|eyJ|tml-|cGxhbnRlZC/g)).toBeNull();
    expect(service.getTelemetry()).toMatchObject({ state: 'on', dropped: 0, waiting: 0 });
    for (const name of ['user_error', 'UNHANDLED_EXCEPTION', 'application_error', 'execute_with_retries', 'refused']) expect(told).toContain(name);
  });

  it('would have had secrets to send', async () => {
    const { server, service, training } = await telling();
    server.next('get_info', (request) => json({ detail: parrot(request).slice(0, 160) }, 400));
    expect(String(await rejection(training.getInfo()))).toContain(accessToken);
    await service.close();
  });
});

describe('D15: stopping one client stops the telemetry that all share', () => {
  it('goes on until the service is closed', async () => {
    const scripted = await telling();
    const { environment, server, service, training } = scripted;
    const other = await service.createLoraTrainingClient({ baseModel: 'base' });
    await advanceUntil(environment, training.unload());
    training.actor.send({ type: 'client.stopped' });
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual([other.actor.id]);
    expect(service.actor.getSnapshot().children.telemetry?.getSnapshot().status).toBe('active');
    server.next('optim_step', () => json({ detail: 'after the first has gone' }, 400));
    await rejection(other.optimStep());
    await settle();
    expect(sent(scripted)).toContain('after the first has gone');
    await service.close();
    expect(sent(scripted)).toContain('SESSION_END');
    expect(Object.keys(service.actor.getSnapshot().children)).toEqual([]);
  });
});
