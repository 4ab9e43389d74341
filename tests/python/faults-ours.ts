import { TinkerError, type ServiceClient, type TrainingClient } from '../../src/index.js';
import { batch, model, train } from './crossing-ours.js';

/** What a program tells: the model it trained, and what became of its operations. */
export type Told = Readonly<Record<string, string>>;

/** What a program needs: `inject` is called once what comes before the fault is done. */
export interface Stage {
  readonly service: ServiceClient;
  readonly inject: () => Promise<void>;
}

const patienceMs = 60_000;
const adam = { learningRate: 1e-3 };

/** What became of an operation: done, failed with what, or nothing as long as one waited. */
async function outcome(operation: PromiseLike<unknown>, waitMs = patienceMs): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const nothing = new Promise<string>((resolve) => (timer = setTimeout(resolve, waitMs, 'nothing')));
  const came = Promise.resolve(operation).then(() => 'done', (error: unknown) => `failed: ${nameOf(error)}`);
  const first = await Promise.race([came, nothing]);
  clearTimeout(timer);
  return first;
}

function nameOf(error: unknown): string {
  if (!(error instanceof TinkerError)) return String(error);
  return error.status === undefined ? error.kind : `${error.kind} ${error.status}`;
}

async function d1({ service, inject }: Stage, giveUp: (client: TrainingClient) => PromiseLike<unknown>): Promise<Told> {
  const client = await model(service);
  await inject();
  const first = client.optimStep(adam);
  const second = giveUp(client);
  const third = client.optimStep(adam);
  return { model: client.modelId, first: await outcome(first), second: await outcome(second), third: await outcome(third) };
}

async function step({ service, inject }: Stage, waitMs = patienceMs): Promise<Told> {
  const client = await model(service);
  await inject();
  return { model: client.modelId, step: await outcome(client.optimStep(adam), waitMs) };
}

async function restore({ service, inject }: Stage): Promise<Told> {
  const client = await model(service);
  const { path } = await client.saveState('saved');
  await inject();
  return { model: client.modelId, restore: await outcome(service.createTrainingClientFromState(path)) };
}

/** The programs of programs/faults_program.py with our client, under the same names. */
export const programs = {
  'D1 cancelled': (stage) =>
    d1(stage, (client) => {
      const second = client.optimStep(adam);
      second.cancel();
      return second;
    }),
  'D1 timed out': (stage) => d1(stage, (client) => client.optimStep(adam, { timeoutMs: 100 })),
  'D2': async ({ service, inject }) => {
    const client = await model(service);
    await train(client, 1, 1);
    await inject();
    const passed = client.forwardBackward([...batch(1), ...batch(2).slice(0, 1)], 'cross_entropy');
    const stepped = client.optimStep(adam);
    const pass = await outcome(passed);
    const { state } = client.getSnapshot();
    client.retry();
    return { model: client.modelId, pass, state, step: await outcome(stepped) };
  },
  'D3': async ({ service }) => {
    const client = await model(service);
    const outcomes = new Set<string>();
    for (let turn = 0; turn < 30; turn += 1) {
      const calls = [client.saveWeightsForSampler(`turn-${turn}`), client.optimStep(adam)];
      for (const call of calls) outcomes.add(await outcome(call));
    }
    return { model: client.modelId, outcomes: [...outcomes].join(', ') };
  },
  'D4': step,
  'D5': async ({ service, inject }) => {
    const client = await model(service);
    await inject();
    return { model: client.modelId, save: await outcome(client.saveState('taken')) };
  },
  'D6': (stage) => step(stage, 2_000),
  'D7': step,
  'D10': restore,
  'D16': restore,
} satisfies Record<string, (stage: Stage) => Promise<Told>>;

export type ProgramName = keyof typeof programs;
