import { bestEffort } from '../calls/best-effort.js';
import type { CheckpointRecord } from '../journal/records.js';
import type { Runtime } from './runtime.js';
import type { Journaled } from '../training/training-calls.js';
import type { TrainingClient } from '../training-client.js';

/** What a model is made of, for its journal. */
export interface ModelFacts {
  readonly model: Readonly<Record<string, unknown>>;
  /** The checkpoint that it begins with. */
  readonly checkpoint?: CheckpointRecord | undefined;
}

/**
 * Makes a training client, with a journal where the service keeps them. The journal's place is taken before
 * anything is made on the server, and what was made is taken back when it cannot be written.
 * @throws TinkerError `journal` when there is no place for it
 */
export function journaled(runtime: Runtime, facts: ModelFacts, make: (journaled?: Journaled) => Promise<TrainingClient>): Promise<TrainingClient> {
  const { journal: directory } = runtime.config;
  return directory === undefined ? make() : withJournal(runtime, directory, facts, make);
}

async function withJournal(
  runtime: Runtime,
  directory: string,
  { model, checkpoint }: ModelFacts,
  make: (journaled: Journaled) => Promise<TrainingClient>,
): Promise<TrainingClient> {
  const { journals } = runtime;
  const place = await journals.reserve(directory);
  const journal = journals.make();
  const training = await make({ journal }).catch(async (thrown: unknown) => {
    await place.lock.release();
    throw thrown;
  });
  try {
    const { sessionId } = await runtime.session();
    const { nextSeqId } = training.actor.getSnapshot().context;
    await journals.begin(journal, place, { sessionId, modelId: training.modelId, model, nextSeqId, checkpoint });
    return training;
  } catch (thrown) {
    await bestEffort(training.unload());
    throw thrown;
  }
}
