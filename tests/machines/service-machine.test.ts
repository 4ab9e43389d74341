import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { futureMachine } from '../../src/machines/future-machine.js';
import type { PollInput, PollOutcome } from '../../src/machines/future-messages.js';
import { loneOperationMachine } from '../../src/machines/lone-operation-machine.js';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome } from '../../src/machines/request-messages.js';
import { restoreMachine, type RestoreStepInput, type RestoreStepOutcome } from '../../src/machines/restore-machine.js';
import { serviceMachine, type ServiceEmitted } from '../../src/machines/service-machine.js';
import { sessionKeys, sessionMachine } from '../../src/machines/session-machine.js';
import { trainingMachine } from '../../src/machines/training-machine.js';
import { CountingClock } from '../support/counting-clock.js';
import { Desk, errorOf, factsOf, leftOf, nothingLeft, settle } from '../support/machines.js';
import { operation, refusal, silence } from '../support/training-machine.js';

const requestPolicy = { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 };
const futurePolicy = { pollTimeoutMs: 45_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 };

function start() {
  const clock = new CountingClock();
  const sends = new Desk<AttemptOutcome, AttemptInput>();
  const polls = new Desk<PollOutcome, PollInput>();
  const steps = new Desk<RestoreStepOutcome, RestoreStepInput>();
  const request = requestMachine.provide({ actors: { attempt: sends.actor } });
  const future = futureMachine.provide({ actors: { poll: polls.actor } });
  const { actor: step } = steps;
  const machine = serviceMachine.provide({
    actors: {
      request,
      session: sessionMachine.provide({ actors: { request } }),
      loneOperation: loneOperationMachine.provide({ actors: { request, future } }),
      restore: restoreMachine.provide({ actors: { readMetadata: step, createModel: step, load: step, rollBack: step } }),
      training: trainingMachine.provide({ actors: { request, future } }),
    },
  });
  const actor = createActor(machine, { clock, input: { requestPolicy, futurePolicy, heartbeatMs: 10_000, atRiskMs: 20_000, lostMs: 30_000 } });
  const news: ServiceEmitted[] = [];
  actor.on('*', (event) => news.push(event));
  actor.start();
  return {
    clock,
    sends,
    polls,
    steps,
    actor,
    answer: (key: string, outcome: AttemptOutcome = { kind: 'answered', requestId: `r-${key}` }) => sends.answer({ key }, outcome),
    heard: (): unknown => factsOf(news.splice(0)),
    children: () => Object.keys(actor.getSnapshot().children),
    pass: async (ms: number) => {
      clock.increment(ms);
      await settle();
    },
    training: (actorId: string) => actor.getSnapshot().context.trainings[actorId],
  };
}

describe('serviceMachine', () => {
  it('runs requests side by side, passes on how they end, and drops them', async () => {
    const service = start();
    service.actor.send({ type: 'request.made', key: 'a', kind: 'getInfo' });
    service.actor.send({ type: 'request.made', key: 'b', kind: 'weightsInfo' });
    expect(service.children()).toEqual(['a', 'b']);
    await service.answer('b');
    expect(service.children()).toEqual(['a']);
    await service.answer('a', refusal(404));
    expect(service.heard()).toEqual([
      { type: 'request.settled', key: 'b', part: 0, output: { status: 'answered', requestId: 'r-b' } },
      {
        type: 'request.settled', key: 'a', part: 0,
        output: { status: 'refused', error: { kind: 'http', message: 'http 404', retriable: false, status: 404, attempts: 1, elapsedMs: 5 } },
      },
    ]);
    expect(service.sends.inputs).toEqual([
      { key: 'a', part: 0, kind: 'getInfo', seqId: undefined, retryCount: 0 },
      { key: 'b', part: 0, kind: 'weightsInfo', seqId: undefined, retryCount: 0 },
    ]);
    expect(leftOf(service.actor, service.clock)).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('runs an operation outside of any queue', async () => {
    const service = start();
    service.actor.send({ type: 'loneOperation.made', key: 'a', kind: 'createModel', patienceMs: 60_000 });
    await service.answer('a');
    await service.polls.answer({ requestId: 'r-a' }, { kind: 'ready', downloadMs: 0 });
    expect(service.heard()).toEqual([{ type: 'loneOperation.settled', key: 'a' }]);
    expect(leftOf(service.actor, service.clock)).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it.each([
    [false, 3],
    [true, 1],
  ])('runs a restore; by loading: %p', async (byLoading, steps) => {
    const service = start();
    service.actor.send({ type: 'restore.made', key: 'a', byLoading });
    for (let step = 0; step < steps; step += 1) await service.steps.answer({ key: 'a' }, undefined);
    expect(service.heard()).toEqual([{ type: 'restore.settled', key: 'a' }]);
    expect(service.steps.inputs).toHaveLength(steps);
    expect(leftOf(service.actor, service.clock)).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('keeps training clients until they are stopped', async () => {
    const service = start();
    for (const actorId of ['t1', 't2']) service.actor.send({ type: 'training.made', actorId, modelId: `model of ${actorId}` });
    const first = service.training('t1');
    expect(first?.getSnapshot().context).toMatchObject({ actorId: 't1', modelId: 'model of t1', requestPolicy, futurePolicy });
    first?.send({ type: 'operation.requested', entry: operation('a') });
    first?.send({ type: 'client.stopped' });
    await settle();
    expect(service.children()).toEqual(['t2']);
    expect(Object.keys(service.actor.getSnapshot().context.trainings)).toEqual(['t2']);
    expect(service.sends.waiting).toEqual([]);
    service.training('t2')?.send({ type: 'client.stopped' });
    expect(service.actor.getSnapshot().context.trainings).toEqual({});
    expect(service.heard()).toEqual([]);
    expect(leftOf(service.actor, service.clock)).toEqual({ status: 'active', children: [], timers: 0 });
  });

  it('gives new policies to what is made afterwards', async () => {
    const service = start();
    service.actor.send({
      type: 'settings.changed',
      requestPolicy: { ...requestPolicy, deadlineMs: 1_000 },
      futurePolicy: { ...futurePolicy, pollTimeoutMs: 7 },
    });
    service.actor.send({ type: 'request.made', key: 'a', kind: 'getInfo' });
    await service.answer('a', silence);
    await service.pass(500);
    expect(service.sends.inputs).toHaveLength(2);
    service.actor.send({ type: 'training.made', actorId: 't', modelId: 'm' });
    expect(service.training('t')?.getSnapshot().context).toMatchObject({ requestPolicy: { deadlineMs: 1_000 }, futurePolicy: { pollTimeoutMs: 7 } });
    expect(service.actor.getSnapshot().context).toMatchObject({ heartbeatMs: 10_000, requestPolicy: { deadlineMs: 1_000 } });
  });
});

describe('serviceMachine and its session', () => {
  const { create, heartbeat } = sessionKeys;

  it('opens it when it is wanted, and passes on what it says', async () => {
    const service = start();
    expect(service.children()).toEqual([]);
    service.actor.send({ type: 'session.wanted' });
    await service.answer(create);
    for (const outcome of [silence, silence, { kind: 'answered', requestId: undefined } as const, refusal(404), refusal(404), refusal(404)]) {
      await service.pass(10_000);
      await service.answer(heartbeat, outcome);
    }
    expect(service.heard()).toMatchObject([
      { type: 'session.opened' },
      { type: 'session.atRisk', silentMs: 20_010 },
      { type: 'session.recovered' },
      { type: 'session.atRisk', silentMs: expect.any(Number) },
      { type: 'session.lost', error: { kind: 'sessionLost' } },
    ]);
    expect(service.clock.pending).toBe(0);
  });

  it('hears of a session that is gone from any request, if there is one', async () => {
    const service = start();
    const error = errorOf('http', 404);
    service.actor.send({ type: 'session.refused', error });
    expect([service.children(), service.heard()]).toEqual([[], []]);
    service.actor.send({ type: 'session.wanted' });
    await service.answer(create);
    service.heard();
    service.actor.send({ type: 'session.refused', error });
    expect(service.heard()).toMatchObject([{ type: 'session.lost', error: { kind: 'sessionLost', status: 404 } }]);
    expect(service.clock.pending).toBe(0);
  });

  it('tries again with the same actor after it failed', async () => {
    const service = start();
    service.actor.send({ type: 'session.wanted' });
    await service.answer(create, refusal(500));
    expect(service.heard()).toMatchObject([{ type: 'session.failed', error: { status: 500 } }]);
    service.actor.send({ type: 'session.wanted' });
    await service.answer(create);
    expect(service.heard()).toEqual([{ type: 'session.opened' }]);
    expect(service.children()).toEqual(['session']);
  });
});

describe('serviceMachine closed', () => {
  it('stops everything below and keeps nothing', async () => {
    const service = start();
    service.actor.send({ type: 'session.wanted' });
    await service.answer(sessionKeys.create);
    service.actor.send({ type: 'request.made', key: 'a', kind: 'getInfo' });
    service.actor.send({ type: 'loneOperation.made', key: 'b', kind: 'createModel', patienceMs: 60_000 });
    await service.answer('b');
    service.actor.send({ type: 'restore.made', key: 'c', byLoading: false });
    service.actor.send({ type: 'training.made', actorId: 't', modelId: 'm' });
    service.training('t')?.send({ type: 'operation.requested', entry: operation('d') });
    service.heard();
    service.actor.send({ type: 'service.closed' });
    await settle();
    expect([service.sends.waiting, service.polls.waiting, service.steps.waiting]).toEqual([[], [], []]);
    expect(service.actor.getSnapshot()).toMatchObject({ value: 'closed', context: { trainings: {} } });
    expect(leftOf(service.actor, service.clock)).toEqual(nothingLeft);
    service.actor.send({ type: 'request.made', key: 'e', kind: 'getInfo' });
    expect(service.heard()).toEqual([]);
    expect(service.children()).toEqual([]);
  });
});
