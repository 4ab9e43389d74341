import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { ServiceClient, TinkerError, type WaitOptions } from '../../src/index.js';
import { datum } from '../support/clients.js';
import { running } from '../support/leftovers.js';
import { json, ScriptedServer } from '../support/scripted-server.js';
import { settle, simulatedEnvironment, type SimulatedEnvironment } from '../support/simulated.js';
import { bends, bentFetch, type Bend } from './support/bent-fetch.js';
import { tries } from './support/budget.js';
import { assertNothingPolluted } from './support/harm.js';
import { recordedAnswers, type Recorded } from './support/recorded-answers.js';

let recorded: readonly Recorded[];
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeAll(async () => {
  recorded = await recordedAnswers();
});
beforeEach(() => {
  for (const method of ['warn', 'error'] as const) jest.spyOn(console, method).mockImplementation(() => undefined);
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
  jest.restoreAllMocks();
});

const endpoints = [
  'client/config', 'client/dynamic_config', 'create_session', 'session_heartbeat', 'get_server_capabilities', 'get_info', 'weights_info', 'create_model', 'unload_model',
  'forward_backward', 'optim_step', 'save_weights', 'save_weights_for_sampler', 'load_weights', 'create_sampling_session', 'asample', 'retrieve_future', 'telemetry', 'auth/token',
  'training_runs', 'checkpoints', 'sessions', 'samplers', 'billing/usage/events', 'audit',
];

const patience: WaitOptions = { timeoutMs: 30_000 };
const tinkerPath = 'tinker://00000000-0000-4000-8000-000000000000:train:0/weights/kept';

/** Moves time until a promise settles; faster and faster, and not for ever. */
async function outcome(environment: SimulatedEnvironment, work: () => PromiseLike<unknown>): Promise<{ readonly thrown?: unknown; readonly value?: unknown }> {
  const found: { thrown?: unknown; value?: unknown; over?: true } = {};
  const end = (as: 'thrown' | 'value') => (given: unknown) => Object.assign(found, { [as]: given, over: true });
  Promise.resolve(work()).then(end('value'), end('thrown'));
  for (let passed = 0, stepMs = 100; found.over === undefined; passed += stepMs) {
    if (passed > 7_200_000) throw new Error('nothing came of it in two simulated hours');
    await settle(3);
    environment.clock.increment(stepMs);
    stepMs = Math.min(stepMs * 1.5, 10_000);
  }
  return found;
}

function assertShown(error: unknown): void {
  if (!(error instanceof TinkerError)) throw new Error('no error of ours', { cause: error });
  if (error.message.length > 2000) throw new Error(`an error of ${error.message.length} characters: ${error.message.slice(0, 300)}`);
  if (JSON.stringify(error).length > 4000) throw new Error('an error with much in it');
  inspect(error, { depth: 10 });
}

type Tried = <A>(work: () => PromiseLike<A>) => Promise<A | undefined>;
type Part = (service: ServiceClient, tried: Tried) => Promise<void>;

const parts: Readonly<Record<'training' | 'sampling' | 'rest', Part>> = {
  training: async (service, tried) => {
    const training = await tried(() => service.createLoraTrainingClient({ baseModel: 'base', rank: 8, ...patience }));
    if (training === undefined) return;
    const later = [
      training.forwardBackward([datum(), datum([1, 2])], 'cross_entropy', undefined, patience),
      training.optimStep({}, patience),
      training.saveState('a', patience),
      training.saveWeightsForSampler('b', patience),
      training.loadState('tinker://other/weights/x', patience),
    ];
    for (const operation of later) await tried<unknown>(() => operation);
    await tried(() => training.getInfo(patience));
    inspect(training.getSnapshot(), { depth: 10 });
  },
  sampling: async (service, tried) => {
    await tried(() => service.getServerCapabilities(patience));
    const sampling = await tried(() => service.createSamplingClient({ baseModel: 'base', ...patience }));
    if (sampling === undefined) return;
    await tried(() => sampling.sample({ prompt: [1, 2], samplingParams: { maxTokens: 2 } }, patience));
    await tried(() => sampling.computeLogprobs([1, 2], patience));
    await tried(() => service.createTrainingClientFromState('tinker://other/weights/x', patience));
  },
  rest: async (service, tried) => {
    const rest = service.createRestClient();
    await tried(() => rest.listTrainingRuns(patience));
    await tried(() => rest.getTrainingRunByTinkerPath(tinkerPath, patience));
    await tried(() => rest.listUserCheckpoints(patience));
    await tried(() => rest.getCheckpointArchiveUrlFromTinkerPath(tinkerPath, patience));
    await tried(() => rest.listSessions(patience));
    await tried(() => rest.exportSessionTrace('s', patience));
    await tried(() => rest.getBillingUsage({ startingOn: new Date(0), endingBefore: new Date(86_400_000), ...patience }));
    await tried(() => rest.getAuditLog(patience));
  },
};

/** Does a part of all that there is to do, whatever comes of each step; how many came to something. */
async function program(part: Part, service: ServiceClient, environment: SimulatedEnvironment): Promise<number> {
  let values = 0;
  await part(service, async (work) => {
    let kept: Awaited<ReturnType<typeof work>> | undefined;
    const { thrown } = await outcome(environment, async () => (kept = await work()));
    if (thrown === undefined) values += 1;
    else assertShown(thrown);
    return kept;
  });
  inspect(service.getSnapshot(), { depth: 10 });
  return values;
}

/** A server that answers well to all that is asked for. */
function goodFetch(config: Readonly<Record<string, unknown>>): typeof globalThis.fetch {
  const server = new ScriptedServer(config);
  return async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname.replace('/api/v1/', '');
    if (path === 'auth/token') return json({ jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDAwMDAwMDB9.c2lnbmF0dXJl' });
    if (path.endsWith('/archive')) return json({ url: 'http://archives.test/a?signature=x', expires: '2026-01-01T00:00:00Z' });
    if (path === 'billing/usage/events') return json({ data: [] });
    const known = recorded.find(({ endpoint, status }) => status === 200 && path.split('/')[0] === endpoint.split('/')[0] && path.split('/').length === endpoint.split('/').length);
    const method = input instanceof Request ? input.method : init?.method;
    if (method === 'GET' && path !== 'get_server_capabilities' && known !== undefined) return new Response(new Uint8Array(known.bytes), { headers: { 'content-type': known.contentType } });
    return await server.fetch(input, init);
  };
}

async function run(part: Part, all: readonly Bend[], withTokens: boolean): Promise<number> {
  const environment = simulatedEnvironment();
  const service = new ServiceClient({
    baseUrl: 'http://scripted.test', apiKey: 'tml-secret-key', environment, telemetry: true, fetch: bentFetch(goodFetch({ pjwt_auth_enabled: withTokens }), all),
    timeoutMs: 5_000, requestDeadlineMs: 15_000, unreachableDeadlineMs: 15_000,
  });
  const values = await program(part, service, environment);
  const { thrown } = await outcome(environment, () => service.close());
  if (thrown !== undefined) throw new Error('closing failed', { cause: thrown });
  expect(running(service)).toEqual({ children: [], trainings: [] });
  return values;
}

describe('a client whose server answers in bad faith', () => {
  it('gets all that it asks for where nothing is bent', async () => {
    const values = [];
    for (const part of Object.values(parts)) values.push(await run(part, [], false), await run(part, [], true));
    expect(values).toEqual([7, 7, 5, 5, 8, 8]);
  });

  it('always gets an answer or an error of ours, and closes', async () => {
    const bent = fc.array(bends(endpoints, recorded), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(parts)), bent, fc.boolean(), async (part, all, withTokens) => {
        await run(part, all, withTokens);
        if (unhandled.length > 0) throw new Error('a rejection that nobody handles', { cause: unhandled.splice(0)[0] });
      }),
      tries(25),
    );
    assertNothingPolluted();
  });
});
