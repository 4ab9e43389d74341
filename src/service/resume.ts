import { getInfo } from '../api/training.js';
import { bestEffort } from '../calls/best-effort.js';
import { hasEffect, type JournaledOperation } from '../journal/state.js';
import { takeBackModel } from './create-model.js';
import { EarlierOperations } from './earlier-operations.js';
import type { OpenedJournal } from './journals.js';
import { nothingToResume, originOf, toLost, toPending, type MakeClient } from './resume-report.js';
import { restoreNewest } from './resume-restore.js';
import type { ResumedTraining } from './resume-result.js';
import type { Runtime } from './runtime.js';
import { inWords, toReplay } from '../training/earlier-calls.js';
import type { TrainingClient } from '../training-client.js';
import { toTinkerError, type TinkerError } from '../types/errors.js';
import { GetInfoRequest } from '../types/training.js';

/** There is nothing to go on with; the error says why. */
export interface Nothing {
  readonly nothing: TinkerError;
}

/**
 * Goes on with a journal of an earlier process: with the same model where it lives and holds what the journal
 * says, else with the last checkpoint.
 * @param where the journal's file, or a folder with one that is not ended
 * @param isLast whether the journal is ended when there is nothing to go on with
 */
export async function resumeFrom(runtime: Runtime, where: string, isLast: boolean, makeClient: MakeClient): Promise<ResumedTraining | Nothing> {
  const opened = await runtime.journals.open(where);
  return opened === undefined ? { nothing: nothingToResume(`there is no journal in ${where}`) } : resume(runtime, opened, isLast, makeClient);
}

/** The report of a client that had to be created. */
export function created(training: TrainingClient, nothing: TinkerError): ResumedTraining {
  const none = { lost: [], settled: [], pending: [], checkpoint: undefined, stepsLost: 0, tornBytes: 0, step: 0 };
  return { ...none, training, outcome: 'created', why: nothing.message, journal: training.journal };
}

async function resume(runtime: Runtime, opened: OpenedJournal, isLast: boolean, makeClient: MakeClient): Promise<ResumedTraining | Nothing> {
  const { file, tornBytes } = opened;
  const { state } = file;
  try {
    const earlier = new EarlierOperations(runtime, file);
    const why = (await whyGone(runtime, opened)) ?? (await earlier.settle()) ?? whyMixed(state.operations);
    if (why !== undefined) {
      if (state.checkpoints.length > 0) return { ...(await restoreNewest(runtime, opened, makeClient, why)), settled: earlier.settled };
      if (isLast) await file.note({ type: 'ended', why });
      await file.close();
      return { nothing: nothingToResume(`${why}, and no checkpoint was saved`) };
    }
    const replay = toReplay(state.operations);
    const journal = runtime.journals.make();
    const { nextSeqId, spareSeqIds, modelId, step } = state.header;
    const training = makeClient(modelId, originOf(state), { journal, begin: { nextSeqId, spareSeqIds, optimSteps: step } });
    journal.begin(file, replay);
    return {
      training,
      outcome: 'reattached',
      step,
      checkpoint: undefined,
      why: undefined,
      stepsLost: 0,
      lost: state.operations.filter((operation) => operation.outcome === 'open' && !replay.includes(operation)).map(toLost),
      settled: earlier.settled,
      pending: replay.map(toPending),
      tornBytes,
      journal: file.path,
    };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** Why the model cannot be gone on with; undefined when it is there. */
async function whyGone(runtime: Runtime, { file: { state } }: OpenedJournal): Promise<string | undefined> {
  const { sessionId, modelId, resumed } = state.header;
  try {
    await runtime.adoptSession(sessionId, resumed);
    await runtime.request('getInfo', getInfo, GetInfoRequest.make({ modelId }));
  } catch (thrown) {
    const { kind, status, message } = toTinkerError(thrown);
    // Any other failure says nothing of the model.
    if (kind === 'sessionLost' || (kind === 'http' && unknown.has(status))) return `the server does not know the model any more (${message})`;
    throw thrown;
  }
  if (state.lost === undefined) return undefined;
  // It holds what nobody asked for, and takes room on the server.
  await bestEffort(takeBackModel(runtime, modelId));
  return state.lost;
}

const unknown = new Set<number | undefined>([400, 403, 404, 410]);

/** Why nobody knows what the gradients of the step hold that was begun; undefined when it is known. */
function whyMixed(operations: readonly JournaledOperation[]): string | undefined {
  const mixed = operations.find((operation) => hasEffect(operation) && ['skipped', 'failed'].includes(operation.outcome));
  return mixed === undefined ? undefined : `it is not known whether, or how far, ${inWords(mixed)} was executed`;
}
