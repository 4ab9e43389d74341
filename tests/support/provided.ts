import * as E from 'fp-ts/lib/Either.js';
import { createActor } from 'xstate';
import type { Attempt, Http, Reply } from '../../src/api/http.js';
import { ByteBudget } from '../../src/machines/byte-budget.js';
import type { RestoreSteps } from '../../src/machines/ports.js';
import { provideMachines } from '../../src/machines/provide.js';
import type { ServiceEmitted } from '../../src/machines/service-machine.js';
import { WorkTable, type SendContext, type Work } from '../../src/machines/work.js';
import type { AttemptFailure, EncodedBody } from '../../src/types/attempt.js';
import { CountingClock } from './counting-clock.js';
import { errorOf, factsOf, settle } from './machines.js';

/** A poll as it was sent. */
interface Sent {
  readonly path: string;
  readonly body: unknown;
  readonly attempt: Attempt;
}

/** A transport whose answers to polls are scripted. */
export class ScriptedHttp implements Http {
  readonly sent: Sent[] = [];
  readonly answers: (E.Either<AttemptFailure, Reply> | Error)[] = [];

  readonly send: Http['send'] = (route, body, attempt) => () => {
    this.sent.push({ path: route.path, body: body === undefined ? undefined : textOf(body), attempt });
    const answer = this.answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer);
  };

  readonly call: Http['call'] = () => () => Promise.reject(new Error('not scripted'));

  says(body: unknown, downloadMs = 3): this {
    this.answers.push(E.right({ status: 200, body: typeof body === 'string' ? body : JSON.stringify(body), downloadMs }));
    return this;
  }

  fails(status: number | undefined, body = '', retryAfterMs?: number): this {
    const error = errorOf(status === undefined ? 'connection' : 'http', status);
    this.answers.push(E.left({ error, verdict: 'transient', mayBeTaken: true, retryAfterMs, body }));
    return this;
  }

  throws(error: Error): this {
    this.answers.push(error);
    return this;
  }
}

function textOf({ content, contentType }: EncodedBody): unknown {
  return { content: typeof content === 'string' ? content : new TextDecoder().decode(content), contentType };
}

/** What the work does instead of succeeding at once. */
interface Given {
  readonly send?: Work['send'];
  readonly receive?: Work['receive'];
  readonly requestType?: string | undefined;
}

/** A service whose machines have their real actors, with one work under the key `k`. */
export function startProvided({ requestType, send, receive }: Given = { requestType: 'OptimStep' }) {
  const clock = new CountingClock();
  const http = new ScriptedHttp();
  const work = new WorkTable();
  const restores = new Map<string, RestoreSteps>();
  const budget = new ByteBudget(100);
  const sends: SendContext[] = [];
  const received: unknown[] = [];
  let ids = 0;
  const machine = provideMachines({
    http,
    environment: { clock, now: () => clock.now(), random: () => 0.5, uuid: () => `uuid-${(ids += 1)}` },
    work,
    restores,
    resultBudget: () => budget,
    hide: (text) => text.replaceAll('tml-hidden', '[API key]'),
  });
  const policy = { billingDeadlineMs: 10_000 };
  const actor = createActor(machine, {
    clock,
    input: {
      requestPolicy: { ...policy, attemptTimeoutMs: 60_000, deadlineMs: 10_000 },
      futurePolicy: { ...policy, pollTimeoutMs: 45_000, unreachableDeadlineMs: 10_000 },
      heartbeatMs: 10_000,
      atRiskMs: 120_000,
      lostMs: 300_000,
    },
  });
  const news: ServiceEmitted[] = [];
  actor.on('*', (event) => news.push(event));
  actor.start();
  work.add('k', {
    requestType,
    send: (context) => {
      sends.push(context);
      return send === undefined ? Promise.resolve(E.right('r1')) : send(context);
    },
    receive: (part, body) => {
      received.push([part, body]);
      return receive === undefined ? E.right(undefined) : receive(part, body);
    },
    releaseBodies: () => undefined,
  });
  return {
    clock, http, work, restores, budget, sends, received, actor,
    /** What it said, but for how the queue is. */
    heard: (): unknown => factsOf(news.splice(0).filter(({ type }) => type !== 'loneOperation.queueState')),
    queueStates: () => news.filter(({ type }) => type === 'loneOperation.queueState'),
    pass: async (ms: number) => {
      clock.increment(ms);
      await settle();
    },
    request: async () => {
      actor.send({ type: 'request.made', key: 'k', kind: 'getInfo' });
      await settle();
    },
    operate: async () => {
      actor.send({ type: 'loneOperation.made', key: 'k', kind: 'createModel', patienceMs: 60_000 });
      await settle();
    },
    restore: async () => {
      actor.send({ type: 'restore.made', key: 'k', byLoading: false });
      await settle();
    },
  };
}
