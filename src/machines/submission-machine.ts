import { enqueueActions, sendParent, setup } from 'xstate';
import type { TinkerError } from '../types/errors.js';
import { listed } from './listed.js';
import { noReceipt } from './request-context.js';
import { requestMachine, type RequestLogic } from './request-machine.js';
import type { RequestOutput, RequestPaused, RequestPolicy, RequestSettled } from './request-messages.js';

/**
 * One operation on its way to the server. Its parts go out in waves: `sendingWave` waits until every
 * request of a wave has ended. Chunks sent together go 2…n first and 1 last, so that the server holds
 * the rest until it has them all (wire protocol §4.4); otherwise one after the other. It ends `accepted`,
 * `refused` (the server holds nothing of it), or `unclear`: it may hold some of it.
 */
export interface SubmissionInput {
  readonly key: string;
  readonly kind: string;
  /** One number per part; they count up, but need not be neighbours. */
  readonly seqIds: readonly number[];
  /** Whether several parts go out together. */
  readonly together: boolean;
  /** Receipts of parts that an earlier try got accepted, by part. */
  readonly receipts: Receipts;
  /** Whether the server may hold what it gave no receipt for, from an earlier try. */
  readonly mayBeTaken: boolean;
  readonly policy: RequestPolicy;
}

export type Receipts = Readonly<Record<number, string>>;

/** What the parent hears at the end. */
export interface SubmissionSettled {
  readonly type: 'submission.settled';
  readonly key: string;
  readonly receipts: Receipts;
  /** Numbers of parts that were never sent, hence free for what comes next. */
  readonly unsent: readonly number[];
  readonly outcome: SubmissionOutcome;
}

export type SubmissionOutcome =
  | { readonly status: 'accepted' }
  | { readonly status: 'refused' | 'unclear'; readonly error: TinkerError };

export interface SubmissionContext extends SubmissionInput {
  /** Parts of the waves that are still to come. */
  readonly waves: readonly (readonly number[])[];
  readonly outstanding: number;
  /** Numbers of parts that could not be sent. */
  readonly unsent: readonly number[];
  readonly error: TinkerError | undefined;
  readonly uncertain: boolean;
}

const request: RequestLogic = requestMachine;

const submissionSetup = setup({
  types: {} as { input: SubmissionInput; context: SubmissionContext; events: RequestSettled | RequestPaused },
  actors: { request },
  guards: {
    'wave is over': ({ context }) => context.outstanding === 0,
    'all is accepted': ({ context }) => context.outstanding === 0 && context.error === undefined && context.waves.length === 0,
    'wave is accepted': ({ context }) => context.outstanding === 0 && context.error === undefined,
    'server may hold some of it': ({ context }) => context.outstanding === 0 && mayHoldSome(context),
  },
  actions: {
    'pass on': sendParent((_, { paused }: { paused: RequestPaused }) => paused),
    'send wave': enqueueActions(({ context, enqueue }) => {
      const [wave = [], ...waves] = context.waves;
      for (const part of wave) {
        enqueue.spawnChild('request', {
          id: requestId(part),
          input: {
            key: context.key,
            part,
            kind: context.kind,
            seqId: context.seqIds[part],
            mayBeTaken: context.mayBeTaken,
            policy: context.policy,
          },
        });
      }
      enqueue.assign({ waves, outstanding: wave.length });
    }),
    'note answer': enqueueActions(({ context, enqueue }, { settled }: { settled: RequestSettled }) => {
      enqueue.stopChild(requestId(settled.part));
      enqueue.assign({ outstanding: context.outstanding - 1, ...noted(context, settled) });
    }),
    'tell parent': sendParent(({ context }): SubmissionSettled => ({
      type: 'submission.settled',
      key: context.key,
      receipts: context.receipts,
      unsent: [...context.unsent, ...context.waves.flat().flatMap((part) => context.seqIds.slice(part, part + 1))],
      outcome: outcomeOf(context),
    })),
  },
});

export const submissionMachine = submissionSetup.createMachine({
  id: 'submission',
  initial: 'sendingWave',
  on: { 'request.paused': { actions: { type: 'pass on', params: ({ event }) => ({ paused: event }) } } },
  context: ({ input }) => ({
    waves: wavesOf(input),
    outstanding: 0,
    unsent: [],
    error: undefined,
    uncertain: false,
    ...input,
  }),
  states: {
    sendingWave: {
      entry: 'send wave',
      on: { 'request.settled': { actions: { type: 'note answer', params: ({ event }) => ({ settled: event }) } } },
      always: [
        { guard: 'all is accepted', target: 'accepted' },
        { guard: 'wave is accepted', target: 'sendingWave', reenter: true },
        { guard: 'server may hold some of it', target: 'unclear' },
        { guard: 'wave is over', target: 'refused' },
      ],
    },
    accepted: { type: 'final', entry: 'tell parent' },
    refused: { type: 'final', entry: 'tell parent' },
    unclear: { type: 'final', entry: 'tell parent' },
  },
});

function requestId(part: number): string {
  return `request.${part}`;
}

function wavesOf({ seqIds, together, receipts }: SubmissionInput): readonly (readonly number[])[] {
  const open = [...seqIds.keys()].filter((part) => receipts[part] === undefined);
  const waves = together ? [open.filter((part) => part > 0), open.filter((part) => part === 0)] : open.map((part) => [part]);
  return waves.filter((wave) => wave.length > 0);
}

/** The same of an operation of one part, whose request needs nobody above it. */
export function settledAlone({ key, output }: RequestSettled): SubmissionSettled {
  const receipts: Receipts = output.status === 'answered' && output.requestId !== undefined ? { 0: output.requestId } : {};
  const unsent = isUnsent(output) ? listed(output.error?.seqId) : [];
  return { type: 'submission.settled', key, receipts, unsent, outcome: outcomeAlone(output) };
}

/** Whether the request never left, since it could not be written down before: its number is free. */
function isUnsent(output: RequestOutput): boolean {
  return output.status === 'refused' && output.error.kind === 'journal';
}

function outcomeAlone(output: RequestOutput): SubmissionOutcome {
  if (output.status !== 'answered') return { status: output.status === 'refused' ? 'refused' : 'unclear', error: output.error };
  return output.requestId === undefined ? { status: 'unclear', error: noReceipt() } : { status: 'accepted' };
}

function mayHoldSome({ uncertain, receipts }: SubmissionContext): boolean {
  return uncertain || Object.keys(receipts).length > 0;
}

function outcomeOf(context: SubmissionContext): SubmissionOutcome {
  const { error } = context;
  return error === undefined ? { status: 'accepted' } : { status: mayHoldSome(context) ? 'unclear' : 'refused', error };
}

function noted(context: SubmissionContext, { part, output }: RequestSettled): Partial<SubmissionContext> {
  if (output.status !== 'answered') {
    const unsent = isUnsent(output) ? [...context.unsent, ...context.seqIds.slice(part, part + 1)] : context.unsent;
    return { error: output.error, unsent, uncertain: context.uncertain || output.status === 'uncertain' };
  }
  return output.requestId === undefined
    ? { error: noReceipt(), uncertain: true }
    : { receipts: { ...context.receipts, [part]: output.requestId } };
}
