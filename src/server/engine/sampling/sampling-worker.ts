/**
 * The sampling worker's thread. It is another one than that of training, so that neither keeps the
 * other waiting: the weights that are sampled from lie in checkpoints and never change.
 */
import { parentPort } from 'node:worker_threads';
import { BASE_MODELS } from '../base-models.js';
import { EngineError, messageOf } from '../engine-error.js';
import { sampleJob } from './sample-job.js';
import { SamplerStore } from './sampler-store.js';
import type { SamplingReply, SamplingRequest } from './sampling-messages.js';
import { Scheduler } from './scheduler.js';

const store = new SamplerStore(BASE_MODELS);
const scheduler = new Scheduler();
const running = new Map<number, AbortController>();

async function answer(request: SamplingRequest): Promise<void> {
  if (request.type === 'forget') {
    store.forget(request.sha256);
    return;
  }
  if (request.type === 'cancel') {
    running.get(request.id)?.abort();
    return;
  }
  const { id, weights, work } = request;
  const controller = new AbortController();
  running.set(id, controller);
  let reply: SamplingReply;
  try {
    const { model, prompts } = await store.load(weights);
    reply = { type: 'sampled', id, output: await scheduler.run(model, sampleJob(model, prompts, work), controller.signal) };
  } catch (error) {
    reply = error instanceof EngineError
      ? { type: 'failed', id, category: error.category, message: error.message }
      : { type: 'failed', id, category: 'server', message: `Sampling failed: ${messageOf(error)}` };
  }
  running.delete(id);
  parentPort?.postMessage(reply);
}

parentPort?.on('message', (request: SamplingRequest) => { void answer(request); });
