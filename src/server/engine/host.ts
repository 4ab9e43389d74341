/**
 * The main thread's side of the training engine.
 *
 * It holds the queue and one worker thread, sends one call at a time and resolves promises; nothing
 * here takes longer than copying a message, so the server keeps answering while a model trains. The
 * worker loads its numerical library by itself, in its own thread, so starting is immediate.
 */
import { Worker } from 'node:worker_threads';
import { BASE_MODELS, baseModelInfos } from './base-models.js';
import type {
  AdamSettings, CheckpointMeta, ClipBounds, Engine, LoadResult, LossName, ModelSpec, OptimStepResult, PassResult, SaveResult, TrainingDatum,
} from './engine.js';
import { EngineError, messageOf } from './engine-error.js';
import type { EngineCall, EngineReply, WorkerReply } from './messages.js';
import { SamplingHost } from './sampling/sampling-host.js';
import type { SampleOutput, SamplerWeights, SampleWork } from './sampling/sampling.js';

/** Starts the engine's worker; resolves at once, calls wait until it is ready. */
export async function startEngine(options: { readonly workerUrl?: URL } = {}): Promise<Engine> {
  return Promise.resolve(new HostEngine(options.workerUrl ?? compiledWorkerUrl(import.meta.url)));
}

/** The worker beside this module; Node runs only its compiled form, also when this module runs from source. */
export function compiledWorkerUrl(moduleUrl: string): URL {
  return new URL(moduleUrl.endsWith('.ts') ? '../../../dist/server/engine/worker.js' : './worker.js', moduleUrl);
}

const AFTER_A_CRASH =
  'It is started again, but its models are lost; go on from their last checkpoints with createTrainingClientFromStateWithOptimizer(path).';

interface Waiting {
  readonly call: EngineCall;
  readonly settle: (reply: EngineReply) => void;
  readonly fail: (error: EngineError) => void;
}

class HostEngine implements Engine {
  readonly #workerUrl: URL;
  readonly #sampling = new SamplingHost();
  readonly #queue: Waiting[] = [];
  #running: { readonly id: number; readonly waiting: Waiting } | undefined;
  #worker: Worker | undefined;
  #nextId = 1;
  #closed: EngineError | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(workerUrl: URL) {
    this.#workerUrl = workerUrl;
    this.#worker = this.#start();
  }

  baseModels(): ReturnType<Engine['baseModels']> {
    return baseModelInfos(BASE_MODELS);
  }

  async createModel(modelId: string, spec: ModelSpec): Promise<void> {
    await this.#ask({ call: 'createModel', modelId, spec }, done);
  }

  async unloadModel(modelId: string): Promise<void> {
    await this.#ask({ call: 'unloadModel', modelId }, done);
  }

  forward(modelId: string, data: readonly TrainingDatum[], lossFn: LossName, clip?: ClipBounds): Promise<PassResult> {
    return this.#ask({ call: 'forward', modelId, data, lossFn, clip }, passed);
  }

  forwardBackward(modelId: string, data: readonly TrainingDatum[], lossFn: LossName, clip?: ClipBounds): Promise<PassResult> {
    return this.#ask({ call: 'forwardBackward', modelId, data, lossFn, clip }, passed);
  }

  optimStep(modelId: string, adam: AdamSettings): Promise<OptimStepResult> {
    return this.#ask({ call: 'optimStep', modelId, adam }, (reply) => (reply.type === 'stepped' ? reply.result : undefined));
  }

  saveCheckpoint(modelId: string, directory: string, meta: CheckpointMeta): Promise<SaveResult> {
    return this.#ask({ call: 'saveCheckpoint', modelId, directory, meta }, (reply) => (reply.type === 'saved' ? reply.result : undefined));
  }

  loadCheckpoint(modelId: string, directory: string, options: { optimizer: boolean }): Promise<LoadResult> {
    return this.#ask({ call: 'loadCheckpoint', modelId, directory, options }, (reply) => (reply.type === 'loaded' ? reply.result : undefined));
  }

  sample(weights: SamplerWeights, work: SampleWork, signal?: AbortSignal): Promise<SampleOutput> {
    return this.#sampling.sample(weights, work, signal);
  }

  forgetAdapter(sha256: string): void {
    this.#sampling.forget(sha256);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new EngineError('server', 'The training engine is closed. Restart the server and send the call again.');
    this.#closed = closed;
    for (const waiting of this.#queue.splice(0)) waiting.fail(closed);
    await this.#sampling.close();
    if (this.#running !== undefined) await new Promise<void>((resolve) => { this.#idle = resolve; });
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** Its models were in the worker that is gone: calls that name them fail until they are made anew. */
  #start(): Worker {
    const worker = new Worker(this.#workerUrl);
    const onEnd = (why: string, cause?: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#fail(new EngineError('server', `The training engine's worker ${why}. ${AFTER_A_CRASH}`, { cause }));
    };
    worker.on('message', ({ id, reply }: WorkerReply) => { this.#onReply(id, reply); });
    worker.on('error', (cause) => { onEnd(`crashed: ${messageOf(cause)}`, cause); });
    worker.on('exit', (code) => { onEnd(`stopped with exit code ${code}`); });
    // An idle engine does not keep the process alive; a running call does.
    worker.unref();
    return worker;
  }

  #ask<T>(call: EngineCall, read: (reply: EngineReply) => T | undefined): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({
        call,
        settle: (reply) => {
          const result = read(reply);
          if (result !== undefined) resolve(result);
          else if (reply.type === 'failed') reject(new EngineError(reply.category, reply.message));
          else reject(new EngineError('server', `The training engine answered ${call.call} with "${reply.type}".`));
        },
        fail: reject,
      });
      this.#sendNext();
    });
  }

  #sendNext(): void {
    if (this.#running !== undefined) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) {
      this.#worker?.unref();
      this.#idle?.();
      return;
    }
    const id = this.#nextId++;
    const worker = (this.#worker ??= this.#start());
    this.#running = { id, waiting };
    worker.ref();
    try {
      worker.postMessage({ id, call: waiting.call });
    } catch (cause) {
      this.#running = undefined;
      waiting.fail(new EngineError('server', `The call could not be sent to the training engine: ${messageOf(cause)}`, { cause }));
      this.#sendNext();
    }
  }

  #onReply(id: number, reply: EngineReply): void {
    const running = this.#running;
    if (running?.id !== id) return;
    this.#running = undefined;
    running.waiting.settle(reply);
    this.#sendNext();
  }

  #fail(error: EngineError): void {
    this.#running?.waiting.fail(error);
    this.#running = undefined;
    for (const waiting of this.#queue.splice(0)) waiting.fail(error);
    this.#idle?.();
  }
}

function done(reply: EngineReply): true | undefined {
  return reply.type === 'done' ? true : undefined;
}

function passed(reply: EngineReply): PassResult | undefined {
  return reply.type === 'passed' ? reply.result : undefined;
}
