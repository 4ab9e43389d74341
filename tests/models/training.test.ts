import { describe, expect, it } from '@jest/globals';
import { trainingMachine } from '../../src/machines/training-machine.js';
import type { OperationEntry } from '../../src/machines/training-context.js';
import type { TrainingInput } from '../../src/machines/training-messages.js';
import { explore, held, type Explored, type Model, type State, type Step } from './explore.js';
import { operation, saidOf, sentBy, trainingEvents, untouched, type Known, type Sent, type Snapshot, type World } from './training-world.js';

const called: Known = { state: 'open', numbers: [], forgotten: false, withdrawn: false };

function changed(world: World, id: string, change: Partial<Known>): World {
  const known = world.known[id] ?? called;
  return { ...world, known: { ...world.known, [id]: { ...known, ...change } } };
}

/** The rules of numbers, of order, and of what may be sent when. */
function afterSending(world: World, { key, numbers, mayBeTaken }: Sent, { event }: Step<Snapshot>, operations: readonly OperationEntry[]): World {
  const known = world.known[key] ?? called;
  const entry = operations.find(({ id }) => id === key);
  if (entry === undefined) throw new Error(`nobody called ${key}`);
  const isRetry = event?.type === 'queue.retried';
  const isSecond = event?.type === 'xstate.done.actor.secondPass' && known.numbers.length > 0;
  held(numbers.length === entry.parts, 'a part has no number, or two');
  if (isRetry) {
    held(world.wedged && world.sending === key, 'something else is sent again');
    held(JSON.stringify(numbers) === JSON.stringify(known.numbers.at(-1)), 'it is sent again under other numbers');
    held(mayBeTaken, 'it forgets that the server may have it');
    return { ...world, wedged: false, used: [...new Set([...world.used, ...numbers])].sort((a, b) => a - b) };
  }
  held(world.sending === undefined, 'two operations are sent at a time');
  held(numbers.every((number) => !world.used.includes(number)), `a number is used twice: ${numbers.join(', ')}`);
  held(!mayBeTaken, 'the server has what it never saw');
  if (isSecond) held(entry.secondPass && known.numbers.length === 1 && known.state === 'open', 'a second pass comes out of nothing');
  else {
    held(!world.paused, 'something new is sent while it is paused');
    held(known.numbers.length === 0, 'it is sent anew');
    const earlier = operations.slice(0, operations.indexOf(entry));
    held(earlier.every(({ id }) => (world.known[id]?.numbers.length ?? 0) > 0 || world.known[id]?.withdrawn === true), 'it overtakes another one');
    const holding = earlier.find(({ id, secondPass }) => secondPass && world.known[id]?.state === 'open' && world.known[id].numbers.length === 1);
    held(holding === undefined, 'it is sent before the second pass of an earlier one');
  }
  const next = changed(world, key, { numbers: [...known.numbers, numbers] });
  return { ...next, sending: key, used: [...world.used, ...numbers].sort((a, b) => a - b) };
}

/** The server has answered, or the user has decided. */
function afterAnswer(world: World, { event, spawned }: Step<Snapshot>, operations: readonly OperationEntry[]): World {
  const { sending } = world;
  const free = (unsent: unknown): readonly number[] => (Array.isArray(unsent) ? world.used.filter((number) => !unsent.includes(number)) : world.used);
  if (sending === undefined || event === undefined) return world;
  if (event.type === 'queue.skipped' || event.type === 'client.stopped') return { ...world, sending: undefined, wedged: false };
  if (event.type !== 'request.settled' && event.type !== 'submission.settled') return world;
  const { outcome, output, unsent } = event;
  const status = readStatus(outcome) ?? readStatus(output);
  const isUnclear = status === 'unclear' || status === 'uncertain' || (status === 'answered' && !JSON.stringify(output).includes('requestId'));
  if (isUnclear) return { ...world, wedged: true, used: free(unsent) };
  const entry = operations.find(({ id }) => id === sending);
  const isTaken = status === 'accepted' || status === 'answered';
  const asked = spawned.filter(({ id }) => id.startsWith('future.')).length;
  held(asked === (isTaken && world.known[sending]?.state !== 'cancelled' ? entry?.parts : 0), 'a result is not asked for, or one that nobody wants');
  const optimSteps = world.optimSteps + (isTaken && entry?.kind === 'optimStep' ? 1 : 0);
  return { ...world, sending: undefined, optimSteps, used: free(unsent) };
}

function readStatus(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'status' in value ? value.status : undefined;
}

const tellsCaller: ReadonlySet<string> = new Set(['operation.sending', 'operation.done', 'operation.failed', 'operation.dropped']);

/** What the client is told of each operation. */
function afterNews(world: World, taken: Step<Snapshot>, wasSending: string | undefined): World {
  let now = world;
  for (const { type, id, kind, optimStepsBefore } of saidOf(taken)) {
    if (!tellsCaller.has(type)) continue;
    const known = now.known[id] ?? called;
    held(!known.forgotten, `${type}: there is news of one that is over`);
    if (type === 'operation.sending') {
      held(optimStepsBefore === now.optimSteps, 'it holds other optimizer steps');
      now = changed(now, id, { state: 'open' });
    } else if (type === 'operation.done') {
      held(known.state === 'open', `it is done when it is ${known.state}`);
      now = changed(now, id, { state: 'done', forgotten: true });
    } else if (type === 'operation.dropped') {
      held(known.state !== 'open', 'it is dropped without an end');
      // That it is wedged is the end of one that is given up.
      now = changed(now, id, { state: known.state === 'wedged' ? 'failed' : known.state, forgotten: true });
    } else if (type === 'operation.failed' && kind === 'wedged') {
      held(known.state !== 'wedged' && now.wedged, 'it is not wedged');
      now = changed(now, id, { state: known.state === 'cancelled' ? 'cancelled' : 'wedged' });
    } else if (type === 'operation.failed') {
      held(known.state === 'open', `it fails when it is ${known.state}`);
      const withdrawn = kind === 'cancelled' && known.numbers.length === 0;
      const forgotten = kind !== 'cancelled' || wasSending !== id;
      now = changed(now, id, { state: kind === 'cancelled' ? 'cancelled' : 'failed', forgotten, withdrawn });
    }
  }
  return now;
}

function step(given: World, taken: Step<Snapshot>, operations: readonly OperationEntry[]): World {
  const { event } = taken;
  let world = given;
  const next = operations.find(({ id }) => given.known[id] === undefined);
  if (event?.type === 'operation.requested' && next !== undefined) world = changed(world, next.id, {});
  if (event?.type === 'dispatch.paused' || event?.type === 'dispatch.resumed') world = { ...world, paused: event.type === 'dispatch.paused' };
  world = afterAnswer(world, taken, operations);
  // The failures of results are the server's own here: a step that came to nothing is in no weights.
  const isLost = event?.type === 'future.settled' && readStatus(event['output']) === 'failed';
  if (isLost && operations.some(({ id, kind }) => id === event['key'] && kind === 'optimStep')) world = { ...world, optimSteps: world.optimSteps - 1 };
  // What an answer ends is told before what it lets go on.
  const sent = sentBy(taken);
  held(sent.length <= 1, 'two operations are sent at once');
  world = afterNews(world, { ...taken, emitted: taken.emitted.filter(({ type }) => type !== 'operation.sending') }, given.sending);
  for (const one of sent) world = afterSending(world, one, taken, operations);
  world = afterNews(world, { ...taken, emitted: taken.emitted.filter(({ type }) => type === 'operation.sending') }, given.sending);
  const ends = given.ends + taken.told.length;
  held(ends <= 1, 'it ends twice');
  return { ...world, ends };
}

function check({ snapshot: { value, context }, alive, world }: State<Snapshot, World>): void {
  const known = Object.values(world.known);
  held((value === 'wedged') === (world.wedged && world.sending !== undefined), 'it is wedged when something is unknown, and only then');
  held((value === 'submitting') === alive.includes('submission'), 'it submits what nobody sends');
  held((value === 'computing') === alive.includes('secondPass'), 'it computes what nobody computes');
  const asked = context.inFlight.flatMap(({ entry, open }) => Array.from({ length: open }, () => entry.id)).sort();
  const asking = alive.filter((id) => id.startsWith('future.')).map((id) => String(id.split('.')[1])).sort();
  held(JSON.stringify(asked) === JSON.stringify(asking), `it waits for ${asked.join(', ')} and asks for ${asking.join(', ')}`);
  const numbers = [...world.used, ...context.spareSeqIds].sort((a, b) => a - b);
  const lost = world.wedged ? [] : Array.from({ length: context.nextSeqId - 1 }, (_, index) => index + 1).filter((number) => !numbers.includes(number));
  held(lost.length === 0, `numbers are left out: ${lost.join(', ')}`);
  held(new Set(numbers).size === numbers.length, 'a number that was sent is free');
  held(value !== 'idle' || (context.queue.length === 0 && context.held === undefined), 'it does not go on');
  held(context.counters.done === known.filter(({ state }) => state === 'done').length, 'it counts others as done');
  held(context.counters.cancelled === known.filter(({ state }) => state === 'cancelled').length, 'it counts others as cancelled');
  if (value === 'stopped' || isAtRest(value, alive, context.queue.length)) {
    held(known.every(({ state }) => state !== 'open' && state !== 'wedged'), 'an operation has no end');
    held(known.every(({ forgotten }) => forgotten), 'an operation is kept for ever');
  }
  held((value === 'stopped') === (world.ends === 1), 'it tells that it has ended');
}

function isAtRest(value: unknown, alive: readonly string[], queued: number): boolean {
  return (value === 'idle' || value === 'paused') && alive.length === 0 && queued === 0;
}

function exploreQueue(operations: readonly OperationEntry[], { withPause = false } = {}): Explored {
  const model: Model<Snapshot, TrainingInput, World> = {
    machine: trainingMachine,
    input: {
      actorId: 'training-1',
      modelId: 'm',
      requestPolicy: { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 },
      futurePolicy: { pollTimeoutMs: 45_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 },
    },
    world: untouched,
    events: trainingEvents(operations, { withPause }),
    step: (world, taken) => step(world, taken, operations),
    check,
    key: ({ context: { nextSeqId, spareSeqIds, queue, paused, dispatching, held: holding, inFlight } }) => [
      nextSeqId,
      spareSeqIds,
      [...queue].map(({ id }) => id),
      paused,
      dispatching,
      holding,
      inFlight.map(({ entry: { id }, open }) => [id, open]),
    ],
    isEnd: ({ snapshot: { value, context }, alive }) => value === 'stopped' || isAtRest(value, alive, context.queue.length),
    isNoWayOut: ({ type }) => type === 'client.stopped' || type === 'operation.cancelled',
  };
  return explore(model);
}

const step1 = operation('step');
const chunks = operation('chunks', { kind: 'forwardBackward', parts: 2 });
const custom = operation('custom', { kind: 'forwardBackwardCustom', secondPass: true });

describe('a queue, whatever is called, answered, cancelled and decided', () => {
  it('keeps its rules with single operations, paused and resumed', () => {
    const { values } = exploreQueue([step1, operation('save', { kind: 'saveState' })], { withPause: true });
    expect(values).toEqual(['idle', 'paused', 'stopped', 'submitting', 'wedged']);
  });

  it('keeps its rules with chunks, whose numbers may be left and used by others', () => {
    const { states } = exploreQueue([chunks, step1, operation('other')]);
    expect(states).toBeGreaterThan(300);
  });

  it('keeps its rules with a second pass, which nothing overtakes', () => {
    const { values } = exploreQueue([custom, step1], { withPause: true });
    expect(values).toEqual(['computing', 'holding', 'idle', 'paused', 'stopped', 'submitting', 'wedged']);
  });
});
