import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { supported, unlessRefused, type Verdict } from '../verdict.js';

const { check } = checksOf('archives');

/** Downloading checkpoints (wire protocol §2.5). */
export const archiveChecks = [
  check('of what is trained on', async (bench) => download(bench, (await bench.state.get()).path)),
  check('of what is sampled from', async (bench) => {
    const { path } = await (await bench.training.get()).saveWeightsForSampler(bench.name('archive'), bench.limits);
    return download(bench, bench.traces.checkpoint(path));
  }),
];

function download({ rest, limits }: Workbench, path: string): Promise<Verdict> {
  return unlessRefused(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-contract-'));
    try {
      const { files } = await rest.downloadCheckpoint(path, join(folder, 'checkpoint'), limits);
      return supported(files.map(({ name }) => name).join(', '));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}
