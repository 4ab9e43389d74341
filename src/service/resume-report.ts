import { isAccepted, type JournaledOperation, type JournalState } from '../journal/state.js';
import type { EarlierOperation } from './resume-result.js';
import type { Journaled } from '../training/training-calls.js';
import type { TrainingClient } from '../training-client.js';
import { TinkerError } from '../types/errors.js';

/** Makes the client of a model; `origin` is the checkpoint that the first client of its journal began with. */
export type MakeClient = (modelId: string, origin: string | undefined, journaled: Journaled) => TrainingClient;

/** The checkpoint that the first client of a journal began with. */
export function originOf(state: JournalState): string | undefined {
  const { origin } = state.header.model;
  return typeof origin === 'string' ? origin : undefined;
}

export function toLost(operation: JournaledOperation): EarlierOperation {
  return { ...named(operation), why: isAccepted(operation) ? 'the server had taken it' : 'it may not have reached the server' };
}

export function toPending(operation: JournaledOperation): EarlierOperation {
  const why = isAccepted(operation)
    ? 'the server has it: called again it is answered with what the server has'
    : 'the server may have it: called again it is sent again as the same request';
  return { ...named(operation), why };
}

/** An operation as a report names it. */
export function named({ id, kind, seqId }: JournaledOperation): Omit<EarlierOperation, 'why'> {
  return { id, kind, seqId };
}

/** There is nothing to go on with. */
export function nothingToResume(why: string): TinkerError {
  return new TinkerError('journal', `resumeTrainingClient: ${why}, so there is nothing to go on with. Start anew with createLoraTrainingClient, or pass orCreate.`);
}
