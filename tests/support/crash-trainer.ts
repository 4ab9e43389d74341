import { ServiceClient, type TrainingClient } from '../../src/index.js';
import type { ResumedTraining } from '../../src/service/resume-result.js';
import { KillableProcess, type BoundaryName, type SharedFiles } from './killable.js';
import { savedBytes } from './live-training.js';
import type { ServerProcess } from './local-server.js';

/** Where the journals of these tests lie, on their made-up disk. */
export const journals = '/journals';

/** What a trainer does from a step on; gives the path of what it has saved at the end. */
export type Loop = (training: TrainingClient, step: number) => Promise<string>;

/** A trainer in a process of its own. */
export interface CrashTrainer {
  readonly process: KillableProcess;
  readonly service: ServiceClient;
  /** How it began; filled in by `run`. */
  readonly begun: ResumedTraining[];
  /** Begins or goes on, and trains; gives what is saved at the end, or `killed`. */
  run(loop: Loop): Promise<{ readonly adapter: string; readonly optimizer: string } | 'killed'>;
  /** Cleans up after it. */
  end(): Promise<void>;
}

/** A trainer that goes on with the journal that is there, or begins with a new model. */
export function crashTrainer(server: ServerProcess, files: SharedFiles, dieAt: number | BoundaryName = 0): CrashTrainer {
  const process = new KillableProcess(files, dieAt);
  const { url: baseUrl, apiKey } = server;
  const service = new ServiceClient({
    baseUrl,
    apiKey,
    fetch: process.fetch,
    environment: process.environment,
    journal: journals,
    onError: () => undefined,
  });
  const begun: ResumedTraining[] = [];
  return {
    process,
    service,
    begun,
    run: async (loop) => {
      const whole = async () => {
        const resumed = await service.resumeTrainingClient(undefined, { orCreate: { baseModel: 'local/tiny', rank: 8, seed: 7 } });
        begun.push(resumed);
        return await savedBytes(server, await loop(resumed.training, resumed.step));
      };
      return await Promise.race([process.death().then(() => 'killed' as const), whole()]);
    },
    end: async () => {
      if (process.isDead) process.bury();
      await service.close().catch(() => undefined);
    },
  };
}
