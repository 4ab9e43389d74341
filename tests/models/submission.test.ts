import { describe, expect, it } from '@jest/globals';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { submissionMachine, type Receipts, type SubmissionInput } from '../../src/machines/submission-machine.js';
import { isRecord } from '../../src/types/check.js';
import { explore, held, type Explored, type Model, type Step } from './explore.js';
import { countedEnds, failure, ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof submissionMachine>;

/** What happened to the parts of an operation so far. */
interface World {
  readonly parts: readonly ('waiting' | 'sent' | 'accepted' | 'refused' | 'uncertain')[];
  readonly ends: number;
}

const partOf = (input: unknown): number => (isRecord(input) ? Number(input['part']) : -1);

function answersTo(part: number, { seqIds }: SubmissionInput): readonly AnyEventObject[] {
  const settled = (output: object): AnyEventObject => ({ type: 'request.settled', key: 'k', part, output });
  return [
    settled({ status: 'answered', requestId: `r${part}` }),
    settled({ status: 'answered', requestId: undefined }),
    settled({ status: 'refused', error: failure('http', 400).with({ seqId: seqIds[part] }) }),
    settled({ status: 'uncertain', error: failure('connection').with({ seqId: seqIds[part] }) }),
  ];
}

function stateOf({ output: { status, requestId } }: AnyEventObject): World['parts'][number] {
  if (status === 'answered') return requestId === undefined ? 'uncertain' : 'accepted';
  return status === 'refused' ? 'refused' : 'uncertain';
}

function step(given: World, { event, spawned, told }: Step<Snapshot>, input: SubmissionInput): World {
  let parts = [...given.parts];
  if (event?.type === 'request.settled') parts = parts.map((state, part) => (part === event['part'] ? stateOf(event) : state));
  for (const { input: sent } of spawned) {
    const part = partOf(sent);
    held(parts[part] === 'waiting', `part ${part} is sent twice`);
    held(isRecord(sent) && sent['seqId'] === input.seqIds[part] && sent['mayBeTaken'] === input.mayBeTaken, 'a part is sent as another request');
    held(parts.every((state) => state !== 'refused' && state !== 'uncertain'), 'it goes on after a part has failed');
    const others = parts.filter((_, other) => other !== part);
    if (!input.together) held(parts.every((state, other) => other >= part || state === 'accepted'), 'it is sent before those before it');
    else if (part === 0) held(others.every((state) => state === 'accepted'), 'the first is sent before all others are taken');
    parts = parts.map((state, other) => (other === part ? 'sent' : state));
  }
  for (const { outcome, receipts, unsent } of ofType(told, 'submission.settled')) {
    const status = isRecord(outcome) ? outcome['status'] : undefined;
    const isWhole = parts.every((state) => state === 'accepted');
    const mayHold = parts.some((state) => state === 'accepted' || state === 'uncertain');
    held(status === (isWhole ? 'accepted' : mayHold ? 'unclear' : 'refused'), `${String(status)} is not what became of ${parts.join()}`);
    const taken = parts.flatMap((state, part) => (state === 'accepted' ? [String(part)] : []));
    held(isRecord(receipts) && Object.keys(receipts).sort().join() === taken.join(), 'it has other receipts');
    const left = parts.flatMap((state, part) => (state === 'waiting' ? [input.seqIds[part]] : []));
    held(Array.isArray(unsent) && unsent.join() === left.join(), 'it frees other numbers than those that were never sent');
    held(!parts.includes('sent'), 'it ends while a part is on its way');
  }
  return { parts, ends: countedEnds(given.ends, told, 'submission.settled') };
}

function exploreSubmission(seqIds: readonly number[], together: boolean, receipts: Receipts = {}): Explored {
  const policy = { attemptTimeoutMs: 1_000, deadlineMs: 0, billingDeadlineMs: 0 };
  const input: SubmissionInput = { key: 'k', kind: 'forwardBackward', seqIds, together, receipts, mayBeTaken: Object.keys(receipts).length > 0, policy };
  const model: Model<Snapshot, SubmissionInput, World> = {
    machine: submissionMachine,
    input,
    world: { parts: seqIds.map((_, part) => (receipts[part] === undefined ? 'waiting' : 'accepted')), ends: 0 },
    events: ({ world }) => ({
      'request.settled': world.parts.flatMap((state, part) => (state === 'sent' ? answersTo(part, input) : [])),
      'request.paused': [],
    }),
    step: (world, taken) => step(world, taken, input),
    check: ({ snapshot: { status }, alive, world }) => {
      held((status === 'done') === (world.ends === 1), 'it tells its end when it has come to it');
      held(alive.length === world.parts.filter((state) => state === 'sent').length, 'it keeps what has ended, or loses what has not');
    },
    key: ({ context: { outstanding, uncertain } }) => [outstanding, uncertain],
    isEnd: ({ snapshot: { status } }) => status === 'done',
  };
  return explore(model);
}

describe('the parts of an operation, whatever becomes of each', () => {
  it('go 2 to n together and then 1, and none after one has failed', () => {
    expect(exploreSubmission([4, 5, 6], true).values).toEqual(['accepted', 'refused', 'sendingWave', 'unclear']);
  });

  it('go one after the other where the server wants that', () => {
    expect(exploreSubmission([4, 5, 6], false).values).toEqual(['accepted', 'refused', 'sendingWave', 'unclear']);
  });

  it('go again without those that were taken, and are never refused as a whole then', () => {
    expect(exploreSubmission([4, 5, 6], true, { 1: 'r1' }).values).toEqual(['accepted', 'sendingWave', 'unclear']);
  });
});
