import type { ServiceClient, ServiceClientOptions, TrainingClient } from '../../../src/index.js';
import type { ProxyRules } from '../support/recording-proxy.js';

/** What a program gets to work with. */
export interface Stage {
  /** A service client of the server; closed when the program has ended. */
  readonly open: (options?: Partial<ServiceClientOptions>) => ServiceClient;
  /** Lets ten seconds pass, after which heartbeats and telemetry are sent. */
  readonly passTenSeconds: () => void;
  /** Resolves when so many requests to an endpoint have been answered. */
  readonly until: (endpoint: string, count: number) => Promise<void>;
}

/** A small program that is written once here, and once in Python. */
export interface Program extends ProxyRules {
  readonly name: string;
  /** The same is in tests/python/programs/requests_PYTHON.py; default: under the program's own name. */
  readonly python?: string;
  readonly run: (stage: Stage) => Promise<void>;
  /**
   * How requests are put in order before they are compared. `total`: as they arrived, but heartbeats and
   * telemetry apart. `pipelined`: as they arrived for each model, sampling session and operation that is asked
   * for. `numbered`: like `pipelined`, but requests to one endpoint that follow each other by their numbers: chunks
   * of one pass, and samples, leave at the same time. Default `total`.
   */
  readonly order?: 'total' | 'pipelined' | 'numbered';
  /** Whether the server exchanges keys for tokens. */
  readonly tokens?: boolean;
  /** Whether the program lasts until the first heartbeat. */
  readonly awaitsHeartbeat?: boolean;
  /** Whether the Python program needs torch. */
  readonly torch?: boolean;
  /** Whether pauses before trying again pass at once for our client. */
  readonly hurried?: boolean;
  /** Environment variables of the program, in both languages. */
  readonly env?: Readonly<Record<string, string>>;
}

export function smallClient(service: ServiceClient, seed: number | bigint = 1): Promise<TrainingClient> {
  return service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed });
}
