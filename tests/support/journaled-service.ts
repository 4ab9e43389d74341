import { afterEach } from '@jest/globals';
import { ServiceClient, type ServiceClientOptions, type TrainingClient } from '../../src/index.js';
import { readLines } from '../../src/journal/lines.js';
import type { JournalRecord } from '../../src/journal/records.js';
import { KillableProcess, SharedFiles } from './killable.js';
import { ScriptedServer } from './scripted-server.js';
import { simulatedEnvironment, type SimulatedEnvironment } from './simulated.js';

const apiKey = 'tml-secret-key';

/** A service of a process of its own, with journals on a made-up disk and a scripted server. */
export interface JournaledService {
  readonly service: ServiceClient;
  readonly process: KillableProcess;
  readonly environment: SimulatedEnvironment;
  /** What went to `onError`. */
  readonly unobserved: unknown[];
}

/** What outlives a process. */
export class World {
  readonly files = new SharedFiles();
  readonly server: ScriptedServer;
  readonly #made: JournaledService[] = [];
  #processes = 0;

  constructor(config: Readonly<Record<string, unknown>> = {}) {
    this.server = new ScriptedServer(config);
    worlds.push(this);
  }

  /** A new process. */
  service(options: Partial<ServiceClientOptions> = {}): JournaledService {
    this.#processes += 1;
    const name = `p${this.#processes}`;
    const process = new KillableProcess(this.files);
    const simulated = simulatedEnvironment();
    const environment = { ...simulated, uuid: () => `${name}-${simulated.uuid()}`, disk: process.disk };
    const unobserved: unknown[] = [];
    const service = new ServiceClient({
      baseUrl: 'http://scripted.test',
      apiKey,
      fetch: this.server.fetch,
      environment,
      encoding: 'json',
      journal: '/j',
      onError: (error) => unobserved.push(error),
      onQueueState: () => undefined,
      ...options,
    });
    const made = { service, process, environment, unobserved };
    this.#made.push(made);
    return made;
  }

  /** A new process with a new model. */
  async training(options: Partial<ServiceClientOptions> = {}): Promise<JournaledService & { readonly training: TrainingClient }> {
    const made = this.service(options);
    return { ...made, training: await made.service.createLoraTrainingClient({ baseModel: 'base', rank: 8 }) };
  }

  /** What the one journal says after its header. */
  records(): readonly JournalRecord[] {
    const [path = ''] = this.files.journals;
    return readLines(path, this.files.files.get(path) ?? new Uint8Array()).records;
  }

  /** The same in short. */
  facts(): readonly string[] {
    return this.records().map((record) => {
      switch (record.type) {
        case 'intent':
          return `${record.kind} ${record.seqId}`;
        case 'accepted':
          return `accepted ${record.seqId}`;
        case 'settled':
          return `${record.outcome} ${record.seqId}`;
        case 'checkpoint':
          return `checkpoint ${record.path} ${record.step}`;
        case 'header':
          return 'header';
        default:
          return record.type;
      }
    });
  }

  async end(): Promise<void> {
    for (const { process, service } of this.#made) {
      if (process.isDead) process.bury();
      await service.close().catch(() => undefined);
    }
  }
}

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});
