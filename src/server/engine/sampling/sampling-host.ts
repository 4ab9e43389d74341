/**
 * The main thread's side of sampling.
 *
 * The worker is started when the first sample is asked for, and again after a crash: it holds
 * nothing that is not in a checkpoint.
 */
import { Worker } from 'node:worker_threads';
import { EngineError, messageOf } from '../engine-error.js';
import { cancelled } from './cancelled.js';
import type { SampleOutput, SamplerWeights, SampleWork } from './sampling.js';
import type { SamplingReply, SamplingRequest } from './sampling-messages.js';

/** Requests that the worker works on at once; the others wait here. */
const MOST_AT_ONCE = 16;

interface Waiting {
  readonly weights: SamplerWeights;
  readonly work: SampleWork;
  readonly resolve: (output: SampleOutput) => void;
  readonly reject: (error: EngineError) => void;
}

/** The sampling worker beside this module; Node runs only its compiled form, also when this module runs from source. */
export function compiledSamplingWorkerUrl(moduleUrl: string): URL {
  return new URL(moduleUrl.endsWith('.ts') ? '../../../../dist/server/engine/sampling/sampling-worker.js' : './sampling-worker.js', moduleUrl);
}

/** Asks the sampling worker. */
export class SamplingHost {
  readonly #workerUrl: URL;
  readonly #queue: Waiting[] = [];
  readonly #running = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;

  constructor(workerUrl = compiledSamplingWorkerUrl(import.meta.url)) {
    this.#workerUrl = workerUrl;
  }

  /** Draws samples, until the signal ends that; many requests are worked on side by side. */
  sample(weights: SamplerWeights, work: SampleWork, signal?: AbortSignal): Promise<SampleOutput> {
    if (this.#closed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const waiting = { weights, work, resolve, reject };
      signal?.addEventListener('abort', () => this.#cancel(waiting), { once: true });
      this.#queue.push(waiting);
      this.#sendNext();
    });
  }

  /** Gives the memory of an adapter's weights back. */
  forget(sha256: string): void {
    this.#worker?.postMessage({ type: 'forget', sha256 } satisfies SamplingRequest);
  }

  /** Rejects what is not finished and stops the worker. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(closed(), true);
    await worker?.terminate();
  }

  #cancel(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at !== -1) {
      this.#queue.splice(at, 1);
      waiting.reject(cancelled());
      return;
    }
    for (const [id, other] of this.#running) {
      if (other === waiting) this.#worker?.postMessage({ type: 'cancel', id } satisfies SamplingRequest);
    }
  }

  #sendNext(): void {
    while (this.#running.size < MOST_AT_ONCE) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#send(waiting);
    }
  }

  #send(waiting: Waiting): void {
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    this.#running.set(id, waiting);
    worker.ref();
    worker.postMessage({ type: 'sample', id, weights: waiting.weights, work: waiting.work } satisfies SamplingRequest);
  }

  #start(): Worker {
    const worker = new Worker(this.#workerUrl);
    const onEnd = (why: string, cause?: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#failAll(new EngineError('server', `The sampling worker ${why}. It is started again; send the sample again.`, { cause }), false);
    };
    worker.on('message', (reply: SamplingReply) => { this.#onReply(reply); });
    worker.on('error', (cause) => { onEnd(`crashed: ${messageOf(cause)}`, cause); });
    worker.on('exit', (code) => { onEnd(`stopped with exit code ${code}`); });
    return worker;
  }

  #onReply(reply: SamplingReply): void {
    const waiting = this.#running.get(reply.id);
    this.#running.delete(reply.id);
    if (reply.type === 'sampled') waiting?.resolve(reply.output);
    else waiting?.reject(new EngineError(reply.category, reply.message));
    this.#sendNext();
    // An idle worker does not keep the process alive; a running sample does.
    if (this.#running.size === 0) this.#worker?.unref();
  }

  /** Fails what is running, and with `all` what waits; otherwise that goes to the next worker. */
  #failAll(error: EngineError, all: boolean): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const waiting of [...running, ...(all ? this.#queue.splice(0) : [])]) waiting.reject(error);
    this.#sendNext();
  }
}

function closed(): EngineError {
  return new EngineError('server', 'The server is stopping, so the sample was given up. Send it again when the server runs.');
}
