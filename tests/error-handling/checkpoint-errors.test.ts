import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ServiceClient, ServiceClientOptions, TrainingClient } from '../../src/index.js';
import { atRest, leftovers, running } from '../support/leftovers.js';
import { checkpointFile, flipBit, liveService, logprobBits, train } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { tinkerErrorOf } from '../support/nocked-client.js';
import { PacedTime } from '../support/paced-time.js';

// Real training on whatever machine this is; none of these tests waits for time to pass.
jest.setTimeout(120_000);

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(async () => {
  await server.close();
});

const services: ServiceClient[] = [];
afterEach(async () => {
  await server.clearFaults();
  for (const service of services.splice(0)) await service.close();
});

function open(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const service = liveService(server, options);
  services.push(service);
  return service;
}

/** The next heartbeat, and the next look at the server's settings. */
const restingTimers = 2;

/** A service in time of its own, which gives a request up after a second. */
function openPacedService(requestDeadlineMs = 1000): { time: PacedTime; service: ServiceClient } {
  const time = new PacedTime();
  return { time, service: open({ environment: time.environment, fetch: time.fetch, requestDeadlineMs }) };
}

/** The same with a client. */
async function openPaced(requestDeadlineMs?: number): Promise<{ time: PacedTime; training: TrainingClient }> {
  const { time, service } = openPacedService(requestDeadlineMs);
  return { time, training: await time.until(service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 })) };
}

/** The operations of a model that the server executed, after its creation. */
async function executed({ modelId }: Pick<TrainingClient, 'modelId'>): Promise<unknown> {
  const { operations } = await server.ledger(modelId);
  return operations.slice(1).map(({ kind, seqId, outcome }) => [kind, seqId, outcome]);
}

/** Waits until the server has got so many requests to an endpoint. */
async function received(endpoint: string, count: number): Promise<void> {
  while (((await server.ledger()).requests[endpoint] ?? 0) < count);
}

describe('save_state errors', () => {
  it('handles network timeout', async () => {
    const { time, training } = await openPaced(61_000);
    const before = (await server.ledger()).requests['save_weights'] ?? 0;
    await server.fault({ endpoint: 'save_weights', action: 'delay', ms: 3_600_000, count: 2 });
    const save = training.saveState('late');
    const next = training.optimStep();
    const failed = tinkerErrorOf(save);

    // Two attempts of 60 s each, 0.5 s apart.
    await received('save_weights', before + 1);
    await time.pass(60_000);
    await time.pass(500);
    await received('save_weights', before + 2);
    expect(save.status).toBe('sending');
    await time.pass(60_000);

    const error = await failed;
    const { kind, operationId, seqId, attempts, elapsedMs, status } = error;
    expect({ kind, operationId, seqId, attempts, elapsedMs, status }).toEqual({
      kind: 'wedged', operationId: save.id, seqId: 1, attempts: 2, elapsedMs: 120_500, status: undefined,
    });
    expect(error.cause).toMatchObject({
      kind: 'timeout',
      message:
        'saveState: no answer from the server within 60000 ms (2 attempts). That took 120500 ms in all. Is the server running and reachable?',
      operation: 'saveState',
    });
    expect(training.getSnapshot()).toMatchObject({
      state: 'wedged', sending: { id: save.id, seqIds: [1] }, queue: [{ id: next.id }], inFlight: [],
    });
    expect(await executed(training)).toEqual([]);

    training.retry();
    const [saved] = await time.until(Promise.all([save, next]));
    expect(saved).toEqual({ path: `tinker://${training.modelId}/weights/late`, seqId: 1, optimStepsBefore: 0 });
    expect(await executed(training)).toEqual([['save_weights', 1, 'done'], ['optim_step', 2, 'done']]);
    await time.quiet();
    expect(leftovers(training)).toEqual(atRest);
    expect({ timers: time.timers, open: time.open }).toEqual({ timers: restingTimers, open: 0 });
  });

  it('handles server error (500)', async () => {
    const { time, training } = await openPaced();
    await server.fault({ endpoint: 'save_weights', action: 'status', status: 500, body: { detail: 'out of order' }, count: 3 });
    const save = training.saveState('refused');
    const next = training.optimStep();
    const error = await time.until(tinkerErrorOf(save));
    const { kind, operationId, seqId, attempts, elapsedMs, status } = error;
    expect({ kind, operationId, seqId, attempts, elapsedMs, status }).toEqual({
      kind: 'wedged', operationId: save.id, seqId: 1, attempts: 3, elapsedMs: 1000, status: 500,
    });
    expect(error.message).toMatch(/the server answered 500: out of order\..* retry\(\) sends the same request again, skip\(\) gives it up/);
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', queue: [{ id: next.id }], inFlight: [] });
    expect({ timers: time.timers, open: time.open }).toEqual({ timers: restingTimers, open: 0 });

    training.retry();
    const [{ seqId: savedAs }] = await time.until(Promise.all([save, next]));
    expect(savedAs).toBe(1);
    expect(await executed(training)).toEqual([['save_weights', 1, 'done'], ['optim_step', 2, 'done']]);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('gets over a server error that passes', async () => {
    const { time, training } = await openPaced();
    await server.fault({ endpoint: 'save_weights', action: 'status', status: 500, count: 2 });
    expect((await time.until(training.saveState('at-last'))).seqId).toBe(1);
    expect(await executed(training)).toEqual([['save_weights', 1, 'done']]);
  });

  it('handles invalid response', async () => {
    const { time, training } = await openPaced();
    // The server saves each time that it is asked, and says so in JSON that is cut.
    await server.fault({ endpoint: 'save_weights', action: 'malformedJson', count: 3 });
    const save = training.saveState('unclear');
    const error = await time.until(tinkerErrorOf(save));
    const { kind, operationId, seqId, attempts, status } = error;
    expect({ kind, operationId, seqId, attempts, status }).toEqual({
      kind: 'wedged', operationId: save.id, seqId: 1, attempts: 3, status: 200,
    });
    expect(error.cause).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('not JSON') as unknown });
    expect(training.getSnapshot()).toMatchObject({ state: 'wedged', sending: { id: save.id, seqIds: [1] } });

    training.retry();
    expect(await time.until(save)).toEqual({ path: `tinker://${training.modelId}/weights/unclear`, seqId: 1, optimStepsBefore: 0 });
    expect(await executed(training)).toEqual([['save_weights', 1, 'done']]);
    expect(leftovers(training)).toEqual(atRest);
  });

  it('handles invalid result', async () => {
    const { time, training } = await openPaced();
    await server.fault({ endpoint: 'retrieve_future', action: 'wrongShape', body: { type: 'save_weights' } });
    const save = training.saveState('unreadable');
    const next = training.saveState('readable');
    expect((await time.until(tinkerErrorOf(save))).toJSON()).toEqual({
      kind: 'malformedResponse',
      message:
        `${save.id} (seq_id 1): The server's answer is not a valid SaveWeightsResponse: ` +
        'path: got undefined, expected string',
      retriable: false,
      operationId: save.id,
      seqId: 1,
      requestId: save.requestId,
    });
    expect((await time.until(next)).seqId).toBe(2);
    expect(leftovers(training)).toEqual(atRest);
  });
});

describe('load_state errors', () => {
  /** A client with one step behind it, and the checkpoint of that moment. */
  async function openTrained(rank = 4): Promise<{ training: TrainingClient; path: string }> {
    const training = await open().createLoraTrainingClient({ baseModel: 'local/tiny', rank, seed: 1 });
    await train(training, 1, 1);
    const { path } = await training.saveState('trained');
    return { training, path };
  }

  /** A load that the server accepts and reports as failed leaves client and model as they were. */
  async function expectFailedLoad(training: TrainingClient, path: string, text: RegExp): Promise<void> {
    const logprobs = await logprobBits(training);
    for (const load of [training.loadState(path), training.loadStateWithOptimizer(path)]) {
      expect((await tinkerErrorOf(load)).toJSON()).toEqual({
        kind: 'requestFailed',
        message: expect.stringMatching(text) as unknown,
        category: 'user',
        retriable: false,
        operationId: load.id,
        seqId: load.seqId,
        requestId: load.requestId,
      });
    }
    expect(leftovers(training)).toEqual(atRest);
    expect(await logprobBits(training)).toBe(logprobs);
  }

  it('handles nonexistent checkpoint', async () => {
    const { training } = await openTrained();
    await expectFailedLoad(training, `tinker://${training.modelId}/weights/never-saved`, /Checkpoint not found: tinker:\/\/.*\/never-saved/);
    await expectFailedLoad(training, 'tinker://nobody:train:0/weights/trained', /Checkpoint not found: tinker:\/\/nobody:train:0/);
  });

  it.each(['adapter_model.safetensors', 'optimizer.safetensors', 'adapter_config.json', 'manifest.json'] as const)(
    'notices a flipped bit in %s',
    async (file) => {
      const { training, path } = await openTrained();
      await flipBit(checkpointFile(server, path, file));
      await expectFailedLoad(training, path, /Checkpoint "tinker:.*\/weights\/trained" is damaged: .* Nothing was changed/);
    },
  );

  it('handles corrupted checkpoint', async () => {
    const { training, path } = await openTrained();
    const good = await training.saveState('good');
    await flipBit(checkpointFile(server, path, 'adapter_model.safetensors'));
    await expectFailedLoad(training, path, /Checkpoint "tinker:.*\/weights\/trained" is damaged: adapter_model\.safetensors does not match the manifest/);
    // Neither is the client harmed, nor the checkpoint beside the damaged one.
    expect(await training.loadStateWithOptimizer(good.path)).toEqual({ path: good.path, modelId: training.modelId });
    expect(await train(training, 2, 2)).toEqual([expect.any(Number)]);
  });

  it('handles architecture mismatch', async () => {
    const { path } = await openTrained(8);
    const { training: ofOtherRank } = await openTrained(4);
    await expectFailedLoad(ofOtherRank, path, /Rank mismatch: checkpoint has rank 8, model configured with rank 4/);

    const ofOtherBase = await open().createLoraTrainingClient({ baseModel: 'local/small', rank: 8 });
    const load = ofOtherBase.loadState(path);
    expect((await tinkerErrorOf(load)).message).toMatch(/Architecture mismatch: checkpoint is of local\/tiny, model is local\/small/);
    const ofOtherParts = await open().createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, trainMlp: false });
    expect((await tinkerErrorOf(ofOtherParts.loadState(path))).message).toMatch(/Adapter mismatch: checkpoint has train_mlp true/);
  });
});

describe('create_from_state errors', () => {
  async function openSaved(): Promise<{ service: ServiceClient; trained: TrainingClient; path: string; created: () => Promise<number> }> {
    const service = open();
    const trained = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
    await train(trained, 1, 1);
    const { path } = await trained.saveState('trained');
    const created = async () => (await server.ledger()).requests['create_model'] ?? 0;
    return { service, trained, path, created };
  }

  it('handles missing metadata', async () => {
    const { service, trained, path, created } = await openSaved();
    const before = await created();
    await rm(checkpointFile(server, path, 'manifest.json'));
    const missing = [path, 'tinker://nobody:train:0/weights/trained'];
    for (const gone of missing) {
      expect((await tinkerErrorOf(service.createTrainingClientFromState(gone))).toJSON()).toEqual({
        kind: 'restoreFailed',
        message: expect.stringContaining(`reading what the checkpoint holds failed: /api/v1/weights_info: the server answered 404: Checkpoint not found: ${gone}`) as unknown,
        step: 'readingMetadata',
        status: 404,
        category: 'user',
        retriable: false,
      });
    }
    expect(await created()).toBe(before);
    expect(running(service)).toEqual({ children: ['session', trained.actor.id], trainings: [trained.actor.id] });
    expect(await train(trained, 2, 2)).toEqual([expect.any(Number)]);
  });

  it('handles load failure after creation', async () => {
    const { service, trained, path, created } = await openSaved();
    const before = await created();
    await flipBit(checkpointFile(server, path, 'optimizer.safetensors'));
    const error = await tinkerErrorOf(service.createTrainingClientFromStateWithOptimizer(path));
    expect(error.toJSON()).toEqual({
      kind: 'restoreFailed',
      message: expect.stringMatching(/loading the checkpoint failed: .*Checkpoint "tinker:.*\/weights\/trained" is damaged: optimizer\.safetensors/) as unknown,
      step: 'loading',
      category: 'user',
      retriable: false,
    });
    expect(error.cause).toMatchObject({ kind: 'requestFailed', seqId: 1 });

    // The model was made, and is gone again; so is its client.
    expect(await created()).toBe(before + 1);
    const modelId = trained.modelId.replace(/0$/, '1');
    expect(await executed({ modelId })).toEqual([['load_weights', 1, 'failed'], ['unload_model', undefined, 'done']]);
    expect(running(service)).toEqual({ children: ['session', trained.actor.id], trainings: [trained.actor.id] });
    expect(await train(trained, 2, 2)).toEqual([expect.any(Number)]);

    const good = await trained.saveState('good');
    const resumed = await service.createTrainingClientFromStateWithOptimizer(good.path);
    expect(resumed.modelId).toBe(trained.modelId.replace(/0$/, '2'));
  });

  it('leaves no model whose creation got no answer', async () => {
    const { path } = await openSaved();
    const { time, service } = openPacedService();
    await server.fault({ endpoint: 'create_model', action: 'dropAnswer', count: 3 });
    const error = await time.until(tinkerErrorOf(service.createTrainingClientFromState(path)));
    expect({ kind: error.kind, step: error.step }).toEqual({ kind: 'restoreFailed', step: 'creatingModel' });
    expect(error.cause).toMatchObject({ kind: 'connection', attempts: 3 });
    const { operations } = await server.ledger();
    const [created, unloaded] = operations.slice(-2);
    expect([created?.kind, created?.outcome, unloaded?.kind, unloaded?.outcome]).toEqual(['create_model', 'done', 'unload_model', 'done']);
    expect(unloaded?.modelId).toBe(created?.modelId);
    expect(running(service)).toEqual({ children: ['session'], trainings: [] });
  });
});
