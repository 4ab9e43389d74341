import type { Mark, OperationRecord, Phase, PhaseName } from '../../../src/inspection/records.js';

/** Numbers from 0 to below 1 that a seed decides. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** What an operation is made of: its phases with their lengths. */
export interface Making {
  readonly service: string;
  readonly id: string;
  readonly kind: string;
  readonly group: OperationRecord['group'];
  readonly client?: string;
  readonly calledAt: number;
  readonly phases: readonly (readonly [name: PhaseName, ms: number, reason?: string])[];
  readonly marks?: readonly Mark[];
  readonly seqIds?: readonly number[];
  readonly bytes?: number;
  readonly optimStepsBefore?: number;
  readonly error?: { readonly kind: string; readonly message: string };
  /** When it is looked at: what would come later has not happened yet. */
  readonly seenAt: number;
}

const statusOf = { queued: 'queued', encoding: 'sending', sending: 'sending', waiting: 'polling', paused: 'paused', downloading: 'polling' } as const;

/** An operation as it is at a moment: done, failed, or still on its way. */
export function madeOperation(making: Making): OperationRecord {
  const { service, id, kind, group, client, calledAt, seqIds, bytes, optimStepsBefore, error, seenAt } = making;
  const phases: Phase[] = [];
  let ms = 0;
  for (const [name, length, reason] of making.phases) {
    if (calledAt + ms > seenAt) break;
    phases.push(reason === undefined ? { name, ms } : { name, ms, reason });
    ms += length;
  }
  const over = calledAt + ms <= seenAt;
  const last = phases.at(-1);
  const sent = phases.some(({ name }) => name !== 'queued' && name !== 'encoding');
  return {
    type: 'operation',
    service,
    key: id,
    at: over ? calledAt + ms : Math.max(calledAt + (last?.ms ?? 0), calledAt),
    kind,
    group,
    ...(client !== undefined && { client }),
    status: over ? (error === undefined ? 'done' : 'failed') : last === undefined ? 'queued' : statusOf[last.name],
    calledAt,
    ...(over && { endedAt: calledAt + ms }),
    phases,
    marks: (making.marks ?? []).filter((mark) => calledAt + mark.ms <= seenAt),
    ...(sent && seqIds !== undefined && { seqIds }),
    ...(sent && { requestId: `req-${id}`, parts: 1 }),
    ...(bytes !== undefined && { bytes }),
    ...(sent && optimStepsBefore !== undefined && { optimStepsBefore }),
    ...(last?.reason !== undefined && { queueState: 'paused_rate_limit', reason: last.reason }),
    ...(over && error !== undefined && { error }),
  };
}

/** When an operation of these phases ends. */
export function endOfMaking(making: Pick<Making, 'calledAt' | 'phases'>): number {
  return making.phases.reduce((at, [, ms]) => at + ms, making.calledAt);
}
