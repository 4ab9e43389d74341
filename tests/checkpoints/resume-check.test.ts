import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resumeCheck } from '../../src/checkpoints/resume-check.js';
import type { ResumeCheckOptions, ResumeCheckProgress } from '../../src/checkpoints/resume-options.js';
import type { ServiceClient } from '../../src/index.js';
import { rejection, scriptedService } from '../support/clients.js';
import { liveService } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { json } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';

const baseModel = 'local/tiny';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(async () => {
  await server.close();
});

/** What a check finds at the local server, through a service whose loads are changed on their way. */
async function checked(
  change: (load: Record<string, unknown>) => Record<string, unknown>,
  { keeps = false, ...options }: Partial<ResumeCheckOptions> & { readonly keeps?: boolean } = {},
) {
  const service = liveService(server, {
    fetch: async (input, init) => {
      const sent = new Request(input, init);
      if (sent.method === 'DELETE' && keeps) return json({ detail: 'you may not' }, 403);
      if (!sent.url.endsWith('/load_weights')) return fetch(sent);
      return fetch(new Request(sent, { body: JSON.stringify(change(untyped(await sent.text()))) }));
    },
  });
  try {
    const report = await resumeCheck({ service, baseModel, learningRate: 0.01, ...options });
    return { report, left: await remains(service) };
  } finally {
    await service.close();
  }
}

/** Checkpoints on the server. */
async function remains(service: ServiceClient): Promise<string[]> {
  const { checkpoints } = await service.createRestClient().listUserCheckpoints();
  return checkpoints.map(({ tinkerPath }) => tinkerPath);
}

/** How many models were removed. */
async function unloaded(): Promise<number> {
  const { operations } = await server.ledger();
  return operations.filter(({ kind }) => kind === 'unload_model').length;
}

describe('a resume check', () => {
  it('finds that the local server brings the optimizer state back, number for number, and leaves nothing there', async () => {
    const told: ResumeCheckProgress[] = [];
    const { report, left } = await checked((load) => load, { onProgress: (progress) => void told.push(progress) });
    expect(report).toMatchObject({ holds: true, verdict: 'optimizer', isExact: true, baseModel, leftBehind: [] });
    expect(report.checkpoint).toMatch(/^tinker:\/\/.+\/weights\/resume-check-[0-9a-f]{8}$/);
    expect(report.withOptimizer.lossAfter).toBe(report.uninterrupted.lossAfter);
    expect(report.weightsOnly.lossBefore).toBe(report.uninterrupted.lossBefore);
    expect(report.weightsOnly.lossAfter).not.toBe(report.uninterrupted.lossAfter);
    expect(left).toEqual([]);
    expect(told[0]).toEqual({ done: 0, total: 12, part: 'make a model' });
    expect(told.at(-1)).toEqual({ done: 12, total: 12, part: 'clean up' });
  });

  it('finds that a server forgets the optimizer', async () => {
    const { report, left } = await checked((load) => ({ ...load, optimizer: false }));
    expect(report).toMatchObject({ holds: false, verdict: 'weightsOnly', isExact: false });
    expect(report.withOptimizer.distanceBefore).toBe(0);
    expect(left).toEqual([]);
  });

  it('names the checkpoint that it could not delete', async () => {
    const { report, left } = await checked((load) => load, { keeps: true, firstSteps: 2 });
    expect(report).toMatchObject({ holds: true, leftBehind: [report.checkpoint] });
    expect(left).toEqual([report.checkpoint]);
    const service = liveService(server);
    await service.createRestClient().deleteCheckpointFromTinkerPath(report.checkpoint);
    await service.close();
  });

  it('does not tell where a server restores it unasked', async () => {
    const { report } = await checked((load) => ({ ...load, optimizer: true }));
    expect(report).toMatchObject({ holds: false, verdict: 'unclear', isExact: true });
  });

  it('removes what it has made when something fails', async () => {
    const before = await unloaded();
    const error = await rejection(checked(({ path, ...load }) => ({ ...load, path: `${String(path)}-lost` })));
    expect(error).toMatchObject({ kind: 'restoreFailed', step: 'loading' });
    const service = liveService(server);
    expect(await remains(service)).toEqual([]);
    await service.close();
    // The model of the first run, and that of the restore.
    expect(await unloaded()).toBe(before + 2);
  });
});

describe('a resume check at a server that answers otherwise', () => {
  const failing = (options: Partial<ResumeCheckOptions> = {}) => {
    const scripted = scriptedService();
    const check = advanceUntil(scripted.environment, resumeCheck({ service: scripted.service, baseModel: 'base', ...options }));
    return { ...scripted, check };
  };

  it('says so where there are no log-probabilities of all targets', async () => {
    const { check, service } = failing();
    expect(await rejection(check)).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('gave 1 log-probabilities for 96 targets') as unknown });
    await service.close();
  });

  it('counts no log-probabilities where a datum has none', async () => {
    const { check, service, server: scripted } = failing();
    scripted.next('forward_backward', (request) => scripted.accept(request, { loss_fn_output_type: 'ArrayRecord', loss_fn_outputs: [{}], metrics: {} }));
    expect(await rejection(check)).toMatchObject({ message: expect.stringContaining('gave 0 log-probabilities') as unknown });
    await service.close();
  });

  it('names what it could not remove', async () => {
    const { check, service, server: scripted } = failing();
    scripted.next('unload_model', () => json({ detail: 'no' }, 400));
    expect(await rejection(check)).toMatchObject({ message: expect.stringMatching(/Left behind, since the server did not remove it: S:train:0$/) as unknown });
    await service.close();
  });

  it.each<[string, Partial<ResumeCheckOptions>]>([
    ['service', untyped('{"service":{}}')],
    ['firstSteps', { firstSteps: 1 }],
    ['firstSteps', { firstSteps: 1001 }],
    ['firstSteps', { firstSteps: 2.5 }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['onProgress', untyped('{"onProgress":1}')],
    ['options.steps', untyped('{"steps":1}')],
  ])('refuses a bad %s', async (field, options) => {
    const { check, service, server: scripted } = failing(options);
    expect(await rejection(check)).toMatchObject({ kind: 'validation', field });
    expect(scripted.requests).toEqual([]);
    await service.close();
  });

  it('ends with its signal', async () => {
    const { service } = scriptedService();
    const error = await rejection(resumeCheck({ service, baseModel: 'base', signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ kind: 'cancelled' });
    await service.close();
  });
});
