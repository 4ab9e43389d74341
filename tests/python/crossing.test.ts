import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { ServiceClient, type TrainingClient } from '../../src/index.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { model, sampled, train } from './crossing-ours.js';
import { notRun } from './support/not-run.js';
import { runPython } from './support/run-python.js';
import { sdks, type Sdk } from './support/versions.js';

const job = { steps: 6, saveAfter: 3 };
const savers = ['the SDK', 'our client'] as const;
const forms = ['created with optimizer', 'created without optimizer', 'loaded with optimizer', 'loaded without optimizer'] as const;

const Trained = t.strict({ losses: t.array(t.number), state: t.string, sampler: t.string });
type Trained = t.TypeOf<typeof Trained>;
const Sample = t.strict({ tokens: t.array(t.number), logprobs: t.array(t.number) });
const Resumed = t.strict({
  // Without the forms that this version of the SDK does not have any more.
  curves: t.record(t.string, t.record(t.string, t.array(t.number))),
  samples: t.record(t.string, t.array(Sample)),
});
type Resumed = t.TypeOf<typeof Resumed>;

const ours: Readonly<Record<(typeof forms)[number], (service: ServiceClient, path: string) => Promise<TrainingClient>>> = {
  'created with optimizer': (service, path) => service.createTrainingClientFromStateWithOptimizer(path),
  'created without optimizer': (service, path) => service.createTrainingClientFromState(path),
  'loaded with optimizer': async (service, path) => {
    const client = await model(service);
    await client.loadStateWithOptimizer(path);
    return client;
  },
  'loaded without optimizer': async (service, path) => {
    const client = await model(service);
    await client.loadState(path);
    return client;
  },
};

describe.each(sdks)('SDK $version', (sdk) => {
  describe('checkpoints cross over', () => {
    let server: ServerProcess;
    let service: ServiceClient;
    const saved = new Map<string, Trained>();
    let bySdk: Resumed;

    beforeAll(async () => {
      server = await startServerProcess();
      service = new ServiceClient({ baseUrl: server.url, apiKey: server.apiKey });
      saved.set('the SDK', await said(sdk, server, Trained, job));
      saved.set('our client', await trained(service));
      const paths = (of: 'state' | 'sampler') => Object.fromEntries([...saved].map(([saver, by]) => [saver, by[of]]));
      bySdk = await said(sdk, server, Resumed, { ...job, states: paths('state'), samplers: paths('sampler') });
    });

    afterAll(async () => {
      await service.close();
      await server.close();
    });

    const by = (saver: string): Trained => saved.get(saver) ?? { losses: [], state: '', sampler: '' };
    /** What an uninterrupted run loses after the checkpoint; both clients' runs are the same. */
    const rest = (): number[] => by('our client').losses.slice(job.saveAfter);

    it('gives both clients the same losses when nothing interrupts', () => {
      expect(by('the SDK').losses).toEqual(by('our client').losses);
      expect(new Set(by('the SDK').losses).size).toBe(job.steps);
    });

    describe.each(savers)('saved by %s', (saver) => {
      it.each(forms)('goes on in the SDK, %s', (form) => {
        const losses = bySdk.curves[saver]?.[form];
        if (losses === undefined && form.startsWith('loaded')) notRun(sdk, `checkpoints: ${form}`, 'this version has no such call');
        else judge(form, losses ?? [], rest());
      });

      it.each(forms)('goes on in our client, %s', async (form) => {
        const client = await ours[form](service, by(saver).state);
        judge(form, await train(client, job.saveAfter + 1, job.steps), rest());
      });

      it('is sampled by both with the same tokens and log-probabilities', async () => {
        const samples = await sampled(service, by(saver).sampler);
        expect(samples.map(({ tokens, logprobs }) => [tokens.length, logprobs.length])).toEqual([[12, 12], [12, 12]]);
        expect(bySdk.samples[saver]).toEqual(samples);
      });
    });

    it('resumes without the optimizer in the same way, whoever saved and whoever resumes', () => {
      const curves = savers.flatMap((saver) => ['created without optimizer', 'loaded without optimizer'].map((form) => bySdk.curves[saver]?.[form]));
      const [first, ...others] = curves.filter((curve) => curve !== undefined);
      expect(others.length).toBeGreaterThan(0);
      expect(others).toEqual(others.map(() => first));
    });

    it('samples the same from both checkpoints', () => {
      expect(bySdk.samples['the SDK']).toEqual(bySdk.samples['our client']);
    });
  });
});

/** With the optimizer's state every loss is the uninterrupted run's; without it, those after the first step are not. */
function judge(form: (typeof forms)[number], losses: readonly (number | undefined)[], uninterrupted: readonly number[]): void {
  if (form.endsWith('with optimizer')) {
    expect(losses).toEqual(uninterrupted);
    return;
  }
  expect(losses[0]).toBe(uninterrupted[0]);
  expect(losses.slice(1).map((loss, index) => loss === uninterrupted[index + 1])).toEqual([false, false]);
}

async function trained(service: ServiceClient): Promise<Trained> {
  const client = await model(service);
  const before = await train(client, 1, job.saveAfter);
  const { path: state } = await client.saveState('half');
  const { path: sampler } = await client.saveWeightsForSampler('half');
  const after = await train(client, job.saveAfter + 1, job.steps);
  return { losses: [...before, ...after].map((loss) => loss ?? Number.NaN), state, sampler };
}

/** The one line that the program says. */
async function said<A>(sdk: Sdk, server: ServerProcess, codec: t.Decoder<unknown, A>, argument: object): Promise<A> {
  const { lines } = await runPython(sdk, 'crossing_program.py', { server, args: [JSON.stringify(argument)] });
  const decoded = codec.decode(lines[0]);
  if (E.isLeft(decoded)) throw new Error(`crossing_program.py said ${JSON.stringify(lines)}`);
  return decoded.right;
}
