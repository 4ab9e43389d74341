import { createHash } from 'node:crypto';
import { hasEffect, isAccepted, type JournaledOperation } from '../journal/state.js';
import type { OperationKind } from '../machines/training-context.js';
import type { AttemptFailure, EncodedBody } from '../types/attempt.js';
import type { TinkerError } from '../types/errors.js';
import { operationName } from '../types/operation-name.js';

/** Whether the body that a part has under a number fits. */
export type MatchesPart = (part: number, seqId: number, path: string, fits: (body: EncodedBody) => boolean) => boolean;

// What a request without data needs at most; larger ones hold tensors.
const longestBody = 4096;
const withData: ReadonlySet<string> = new Set(['Forward', 'ForwardBackward']);

/** Operations that change nothing of the model. */
export const withoutEffect: ReadonlySet<OperationKind> = new Set(['forward', 'saveState', 'saveWeightsForSampler', 'saveWeightsAndGetSamplingClient']);

/** The operations that a trainer has to offer again: what it does not, was lost. */
export function toReplay(operations: readonly JournaledOperation[]): readonly JournaledOperation[] {
  const own = operations.filter(({ outcome }) => outcome !== 'stepped');
  return own.filter((operation) => hasEffect(operation) || !isAccepted(operation) || operation.kind === 'forwardBackwardCustom');
}

/** Whether the second of two operations is the second pass of the first. */
export function isSecondPass(first: JournaledOperation, next: JournaledOperation): boolean {
  return next.kind === first.kind && first.kind === 'forwardBackwardCustom' && !hasEffect(first) && hasEffect(next);
}

/** Why a call is refused. */
export function mismatch(id: string, kind: OperationKind, sent: JournaledOperation): string {
  const how = sent.kind === kind ? ' with other data' : '';
  return `${operationName(kind, id)} is not what was under way when its trainer was stopped, which was ${inWords(sent)}${how}`;
}

/** Whether a call has the bodies that were written down. */
export function isSame({ seqIds, parts }: JournaledOperation, matches: MatchesPart | undefined): boolean {
  return seqIds.every((seqId, part) => {
    const intent = parts.get(seqId)?.intent;
    return intent === undefined || matches?.(part, seqId, intent.path, (body) => digestOf(body) === intent.digest) === true;
  });
}

/** An operation in words. */
export function inWords({ kind, seqIds }: JournaledOperation): string {
  return `${kind} (seq_id ${seqIds.join(', ')})`;
}

/** What a body is recognized by. */
export function digestOf({ content }: EncodedBody): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The body of a request without data, for the journal; credentials are not written down. */
export function keptBody(requestType: string, { content }: EncodedBody): { readonly body?: string } {
  const isSmall = typeof content === 'string' && content.length <= longestBody && !withData.has(requestType);
  return isSmall && !content.includes('"weights_access_token"') ? { body: content } : {};
}

/** The end of an attempt that could not be written down. */
export function notSent(error: TinkerError): AttemptFailure {
  return { error, verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, body: '' };
}
