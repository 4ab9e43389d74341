import type { RestClient } from '../rest-client.js';
import type { TrainingClient } from '../training-client.js';

/** What could not be taken back. */
export interface LeftBehind {
  /** Paths of checkpoints. */
  readonly checkpoints: readonly string[];
  /** Ids of models. */
  readonly models: readonly string[];
}

interface Unloadable {
  readonly modelId: string;
  readonly unload: (options: { readonly timeoutMs: number }) => Promise<unknown>;
}

const longestMs = 10_000;

/** What the checks have made on the server, to be removed at the end. */
export class Traces {
  readonly #rest: RestClient;
  readonly #limitMs: number;
  readonly #models = new Map<string, Unloadable>();
  readonly #checkpoints = new Set<string>();

  constructor(rest: RestClient, limitMs: number) {
    this.#rest = rest;
    this.#limitMs = Math.min(limitMs, longestMs);
  }

  /** Remembers a model; gives it back. */
  model<M extends Unloadable>(model: M): M {
    this.#models.set(model.modelId, model);
    return model;
  }

  /** Remembers a checkpoint; gives its path back. */
  checkpoint<P extends string>(path: P): P {
    this.#checkpoints.add(path);
    return path;
  }

  /** It is gone already. */
  forget(pathOrModel: string): void {
    this.#checkpoints.delete(pathOrModel);
    this.#models.delete(pathOrModel);
  }

  /** Works with a model and drops it afterwards, whatever comes of that: servers have room for a few only. */
  async using<T>(training: TrainingClient, work: (training: TrainingClient) => Promise<T>): Promise<T> {
    this.model(training);
    try {
      return await work(training);
    } finally {
      if (await succeeds(training.unload({ timeoutMs: this.#limitMs }))) this.forget(training.modelId);
    }
  }

  /** Removes all of it. */
  async remove(): Promise<LeftBehind> {
    const timeoutMs = this.#limitMs;
    const checkpoints = await Promise.all(
      [...this.#checkpoints].map(async (path) => ((await succeeds(this.#rest.deleteCheckpointFromTinkerPath(path, { timeoutMs }))) ? [] : [path])),
    );
    const models = await Promise.all(
      [...this.#models.values()].map(async (model) => ((await succeeds(model.unload({ timeoutMs }))) ? [] : [model.modelId])),
    );
    return { checkpoints: checkpoints.flat(), models: models.flat() };
  }
}

function succeeds(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  );
}
