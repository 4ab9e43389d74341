import * as E from 'fp-ts/lib/Either.js';
import { kindOf } from '../service/counters.js';
import type { SamplingGateActor } from '../machines/sampling-gate-machine.js';
import type { SamplingActor, SamplingEnd, SamplingEvent } from '../machines/sampling-machine.js';
import { OpenOperations } from '../calls/open-operations.js';
import type { OperationWatch } from '../calls/operation-watch.js';
import type { Operation } from '../operation.js';
import { futurePolicyOf, requestPolicyOf } from '../service/policies.js';
import type { Runtime } from '../service/runtime.js';
import { pushedBack } from './sampling-submit.js';
import { runSample, type SamplingCall, type SamplingHost } from './sampling-call.js';
import type { CheckedSample } from './sampling-input.js';
import type { RetrySettings } from './sampling-options.js';
import { sampleWork } from './sampling-work.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import { inVain, type WaitFacts } from '../types/wait-facts.js';
import type { SampleResponse } from '../types/sampling.js';
import { checkWait, type WaitOptions } from '../calls/wait.js';
import { Stop } from '../types/stop.js';

/** A call before it is made. */
export interface CallOrder<A> {
  readonly kind: 'sample' | 'computeLogprobs';
  readonly options: WaitOptions;
  readonly retries: boolean;
  /** @throws TinkerError `validation` */
  readonly prepare: () => CheckedSample;
  readonly finish: (response: SampleResponse) => E.Either<TinkerError, A>;
}

/** A call that is open. */
interface OpenCall {
  readonly call: SamplingCall;
  /** Ends it early, for the reason that the signal is given. */
  readonly abort: Stop;
}

/** The calls of one sampling client: tasks that its actor lets go on, counts, and gives up when they are stuck. */
export class SamplingCalls {
  readonly actor: SamplingActor;
  readonly #runtime: Runtime;
  readonly #host: SamplingHost;
  readonly #samplingSessionId: string;
  readonly #operations: OpenOperations;
  readonly #watch: OperationWatch | undefined;
  /** In the order of the calls. */
  readonly #waiting = new Map<string, OpenCall>();
  readonly #running = new Map<string, OpenCall>();
  #seqId = 0;

  constructor(runtime: Runtime, samplingSessionId: string, retry: RetrySettings) {
    const server = runtime.serverConfig;
    const watched = retry.enableStuckDetection && server.sampleEnableStuckDetection;
    const { actor, gate } = runtime.spawnSampling({
      samplingSessionId,
      maxConcurrent: Math.min(retry.maxConnections, server.sampleMaxConcurrentRequests),
      progressTimeoutMs: watched ? retry.progressTimeoutMs : undefined,
    });
    this.actor = actor;
    this.#runtime = runtime;
    this.#samplingSessionId = samplingSessionId;
    this.#host = {
      ports: runtime.ports,
      gate,
      requestPolicy: () => requestPolicyOf(runtime.config, runtime.serverConfig),
      futurePolicy: () => futurePolicyOf(runtime.config, runtime.serverConfig),
      retry,
      nextSeqId: () => this.#drawSeqId(),
    };
    const { environment, onError } = runtime.config;
    this.#watch = runtime.inspected?.watchOf('sampling', actor.id);
    this.#operations = new OpenOperations({ environment, onError, watch: this.#watch, work: runtime.work, keepAlive: runtime.keepAlive }, (id) =>
      this.#giveUp(id, new TinkerError('cancelled', `${id} was cancelled`, { operationId: id })),
    );
    actor.on('call.admitted', () => this.#goOn());
    actor.on('calls.stuck', () => this.#giveUpAll((id) => stuckError(id, retry.progressTimeoutMs, runtime.work.factsOf(id))));
    actor.subscribe({ complete: () => this.#giveUpAll((id) => closedError(id)) });
  }

  get gateActor(): SamplingGateActor {
    return this.#host.gate.actor;
  }

  /** The number that the next attempt gets. */
  get nextSeqId(): number {
    return this.#seqId;
  }

  /** Checks a call, makes it, and hands back its operation. */
  start<A>({ kind, options, retries, prepare, finish }: CallOrder<A>): Operation<A> {
    const id = this.#runtime.counters.nextId(kind);
    let sample: CheckedSample;
    try {
      this.#assertOpen();
      checkWait(options, kind);
      sample = prepare();
    } catch (thrown) {
      return this.#operations.refused(id, kind, toTinkerError(thrown, 'validation'));
    }
    // Nothing is done before it has its result.
    let result: E.Either<TinkerError, SampleResponse> = noResult;
    const { http, work } = this.#runtime;
    work.add(
      id,
      sampleWork(http, this.#samplingSessionId, sample, () => this.#runtime.newIdempotencyKey(), (response) => {
        result = E.right(response);
      }),
    );
    const operation = this.#operations.open(id, kind, options, () => E.chain(finish)(result));
    this.#waiting.set(id, { call: this.#callOf(id, sample, retries && this.#host.retry.enableRetryLogic), abort: new Stop() });
    this.actor.send({ type: 'call.made', at: this.#runtime.config.environment.now() });
    return operation;
  }

  #callOf(key: string, sample: CheckedSample, retries: boolean): SamplingCall {
    return {
      key,
      sample,
      retries,
      onSending: (seqId) => this.#operations.sending(key, [seqId]),
      onAccepted: (requestId) => this.#operations.accepted(key, requestId),
      onQueueState: (queueState, reason) => {
        this.#operations.queueState(key, queueState, reason);
        // That the server pushes back is its usual way to set the pace, and no news.
        if (queueState !== pushedBack) this.#tellQueueState(key, queueState, reason);
      },
      onResubmitted: (error) => {
        this.#watch?.askedAnew(key, error);
        this.#tell({ type: 'call.resubmitted' });
      },
    };
  }

  #tellQueueState(operationId: string, queueState: string | undefined, reason: string | undefined): void {
    const samplingSessionId = this.#samplingSessionId;
    this.#runtime.queueStates.tell({ operationId, kind: kindOf(operationId), samplingSessionId, queueState, reason });
  }

  /** Starts the call that has waited longest. */
  #goOn(): void {
    for (const [id, open] of this.#waiting) {
      this.#waiting.delete(id);
      this.#running.set(id, open);
      void this.#run(id, open);
      return;
    }
  }

  async #run(id: string, { call, abort }: OpenCall): Promise<void> {
    const outcome = await runSample(this.#host, call, abort).catch((thrown: unknown) => E.left(toTinkerError(thrown)));
    this.#running.delete(id);
    this.#runtime.queueStates.forget(id);
    if (E.isRight(outcome)) this.#operations.done(id, outcome.right);
    else this.#operations.failed(id, outcome.left.with({ operationId: id }));
    this.#operations.forget(id);
    const error = E.isLeft(outcome) ? outcome.left : undefined;
    const how: SamplingEnd = error === undefined ? 'done' : error.kind === 'cancelled' ? 'cancelled' : 'failed';
    this.#tell({ type: 'call.ended', how, error: error?.toJSON(), at: this.#runtime.config.environment.now() });
  }

  /** Tasks end after the client that they belong to. */
  #tell(event: SamplingEvent): void {
    if (this.actor.getSnapshot().status === 'active') this.actor.send(event);
  }

  #giveUpAll(reason: (id: string) => TinkerError): void {
    for (const id of [...this.#running.keys(), ...this.#waiting.keys()]) this.#giveUp(id, reason(id));
  }

  /** Rejects at once; what a running call has in hand is let go as soon as its task notices. */
  #giveUp(id: string, reason: TinkerError): void {
    this.#operations.failed(id, reason);
    this.#running.get(id)?.abort.abort(reason);
    if (!this.#waiting.delete(id)) return;
    this.#operations.forget(id);
    this.#tell({ type: 'call.withdrawn' });
  }

  #drawSeqId(): number {
    const taken = this.#seqId;
    this.#seqId += 1;
    return taken;
  }

  #assertOpen(): void {
    this.#runtime.assertOpen();
    if (this.actor.getSnapshot().status !== 'active') {
      throw new TinkerError('cancelled', `The sampling client of ${this.#samplingSessionId} is closed. Create a new one.`);
    }
  }
}

const noResult = E.left(new TinkerError('malformedResponse', 'there is no result of the sample'));

function closedError(id: string): TinkerError {
  return new TinkerError('cancelled', `${id}: its client was closed`, { operationId: id });
}

function stuckError(id: string, progressTimeoutMs: number, facts: WaitFacts): TinkerError {
  const message = `${id}: no sampling call of this client has ended for ${progressTimeoutMs} ms; they seem to be stuck`;
  const error = new TinkerError('timeout', message, { operationId: id, elapsedMs: progressTimeoutMs, retriable: true });
  return inVain(error, { ...facts, operation: kindOf(id) }, 'Set retryConfig.progressTimeoutMs to wait longer.');
}
