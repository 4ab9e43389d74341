import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelInput, ServiceClient, type Datum, type ServiceClientOptions, type TrainingClient } from '../../src/index.js';
import { runFolder } from '../../src/server/runs/run-ids.js';
import { parseTrainingPath } from '../../src/types/ids.js';
import { orThrow } from '../../src/calls/check-options.js';
import type { ServerProcess } from './local-server.js';

type Address = Pick<ServerProcess, 'url' | 'apiKey'>;

/** A client of a server process. */
export function liveService({ url, apiKey }: Address, options: Partial<ServiceClientOptions> = {}): ServiceClient {
  return new ServiceClient({ baseUrl: url, apiKey, ...options });
}

const text = Buffer.from('The quick brown fox jumps over the lazy dog; the dog sleeps on, and the fox runs home.');
const length = 24;

/** The data of one training step: two stretches of the text, as its number says. */
export function batch(step: number): Datum[] {
  return [step * 7, step * 11 + 30].map((at) => {
    const start = at % (text.length - length);
    const tokens = Int32Array.from(text.subarray(start, start + length));
    return {
      modelInput: ModelInput.fromInts(tokens),
      lossFnInputs: { target_tokens: Int32Array.from(text.subarray(start + 1, start + length + 1)), weights: new Float32Array(length).fill(1) },
    };
  });
}

/** Takes the steps `from` to `to`, both included; gives the loss of each, as it was before its update. */
export async function train(training: TrainingClient, from: number, to: number): Promise<number[]> {
  const passes = Array.from({ length: to - from + 1 }, (_, index) => {
    const pass = training.forwardBackward(batch(from + index), 'cross_entropy');
    return { pass, step: training.optimStep({ learningRate: 0.01 }) };
  });
  return await Promise.all(
    passes.map(async ({ pass, step }) => {
      const { metrics } = await pass;
      await step;
      return metrics['loss:sum'] ?? Number.NaN;
    }),
  );
}

/** The log-probabilities of a fixed text, bit for bit. */
export async function logprobBits(training: TrainingClient): Promise<string> {
  const { lossFnOutputs } = await training.forward(batch(0), 'cross_entropy');
  const bytes = lossFnOutputs.map(({ logprobs }) => {
    if (!(logprobs?.data instanceof Float32Array)) throw new TypeError('a pass gave no log-probabilities');
    return Buffer.from(logprobs.data.buffer, logprobs.data.byteOffset, logprobs.data.byteLength);
  });
  return Buffer.concat(bytes).toString('hex');
}

/** The parts of a checkpoint. */
export type CheckpointFile = 'adapter_model.safetensors' | 'adapter_config.json' | 'optimizer.safetensors' | 'manifest.json';

/** Where the server keeps a file of a checkpoint. */
export function checkpointFile({ dataDir }: Pick<ServerProcess, 'dataDir'>, path: string, file: CheckpointFile): string {
  const { trainingRunId, name } = orThrow(parseTrainingPath(path));
  return join(dataDir, 'checkpoints', runFolder(trainingRunId) ?? '', name, file);
}

/** SHA-256 of what was trained, and of the optimizer's moments, as they lie on the disk. */
export async function savedBytes(server: Pick<ServerProcess, 'dataDir'>, path: string): Promise<{ adapter: string; optimizer: string }> {
  const hash = async (file: CheckpointFile): Promise<string> =>
    createHash('sha256').update(await readFile(checkpointFile(server, path, file))).digest('hex');
  return { adapter: await hash('adapter_model.safetensors'), optimizer: await hash('optimizer.safetensors') };
}

/** Changes one bit in the middle of a file. */
export async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const at = Math.floor((await file.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    await file.write(Buffer.from([byte.readUInt8() ^ 1]), 0, 1, at);
  } finally {
    await file.close();
  }
}
