import { bestEffort } from '../calls/best-effort.js';
import type { CheckpointRecord } from '../journal/records.js';
import { JournalState } from '../journal/state.js';
import type { OpenedJournal } from './journals.js';
import { restoreTrainingClient } from './restore.js';
import { originOf, toLost, type MakeClient } from './resume-report.js';
import type { ResumedTraining } from './resume-result.js';
import type { Runtime } from './runtime.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import { isRecord } from '../types/check.js';
import type { TrainingClient } from '../training-client.js';

/**
 * Restores the newest checkpoint of a journal that can be loaded, and lets the journal go on with the new model.
 * @param why what the old model cannot be gone on with for
 * @throws TinkerError `restoreFailed` when none can be
 */
export async function restoreNewest(
  runtime: Runtime,
  { file, tornBytes }: OpenedJournal,
  makeClient: MakeClient,
  why: string,
): Promise<Omit<ResumedTraining, 'settled'>> {
  const { state } = file;
  let failure = new TinkerError('journal', 'no checkpoint was saved');
  for (const checkpoint of [...state.checkpoints].reverse()) {
    const restored = await restoreOne(runtime, state, checkpoint, makeClient);
    if (restored instanceof TinkerError) {
      failure = restored;
      continue;
    }
    const { training, journal, sessionId } = restored;
    const { context } = training.actor.getSnapshot();
    const header = { ...state.header, sessionId, modelId: training.modelId, step: checkpoint.step, nextSeqId: context.nextSeqId, spareSeqIds: [] };
    try {
      await file.restart(new JournalState(header, keptOf(state.checkpoints, checkpoint)));
    } catch (thrown) {
      await bestEffort(training.unload());
      throw thrown;
    }
    journal.begin(file);
    return {
      training,
      outcome: 'restored',
      step: checkpoint.step,
      checkpoint: { path: checkpoint.path, step: checkpoint.step },
      why,
      stepsLost: Math.max(0, state.step - checkpoint.step),
      lost: state.operations.filter(({ outcome }) => outcome === 'open').map(toLost),
      pending: [],
      tornBytes,
      journal: file.path,
    };
  }
  throw failure;
}

interface RestoredOne {
  readonly training: TrainingClient;
  readonly journal: NonNullable<Parameters<MakeClient>[2]['journal']>;
  readonly sessionId: string;
}

/** The error where another checkpoint may do better. */
async function restoreOne(runtime: Runtime, state: JournalState, { path, step, optimizer }: CheckpointRecord, makeClient: MakeClient): Promise<RestoredOne | TinkerError> {
  const session = await runtime.session();
  const journal = runtime.journals.make();
  const { userMetadata } = state.header.model;
  const options = { loadOptimizer: optimizer, userMetadata: isRecord(userMetadata) ? userMetadata : undefined };
  const begin = { nextSeqId: 1, spareSeqIds: [], optimSteps: step };
  try {
    const training = await restoreTrainingClient(runtime, session, path, options, (modelId) => makeClient(modelId, originOf(state), { journal, begin }));
    return { training, journal, sessionId: session.sessionId };
  } catch (thrown) {
    const error = toTinkerError(thrown);
    if (error.kind === 'restoreFailed' && error.category === 'user') return error;
    throw thrown;
  }
}

/** What came before a checkpoint, and itself; their numbers were those of an earlier model. */
function keptOf(checkpoints: readonly CheckpointRecord[], last: CheckpointRecord): readonly CheckpointRecord[] {
  return checkpoints
    .slice(0, checkpoints.indexOf(last) + 1)
    .map(({ type, path, step, optimizer, expiresAt }) => ({ type, path, step, optimizer, ...(expiresAt === undefined ? {} : { expiresAt }) }));
}
