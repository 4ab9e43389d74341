/**
 * The engine's worker thread: everything that would keep the main thread from answering happens
 * here. The host sends the next call only after the reply to the last.
 */
import { parentPort } from 'node:worker_threads';
import { BASE_MODELS } from './base-models.js';
import { EngineError, messageOf } from './engine-error.js';
import type { EngineCall, EngineReply, WorkerReply, WorkerRequest } from './messages.js';
import { Trainer } from './trainer.js';

const trainer = new Trainer(BASE_MODELS);

async function execute(call: EngineCall): Promise<EngineReply> {
  switch (call.call) {
    case 'createModel':
      await trainer.createModel(call.modelId, call.spec);
      return { type: 'done' };
    case 'unloadModel':
      trainer.unloadModel(call.modelId);
      return { type: 'done' };
    case 'forward':
      return { type: 'passed', result: trainer.forward(call.modelId, call.data, call.lossFn, call.clip) };
    case 'forwardBackward':
      return { type: 'passed', result: trainer.forwardBackward(call.modelId, call.data, call.lossFn, call.clip) };
    case 'optimStep':
      return { type: 'stepped', result: trainer.optimStep(call.modelId, call.adam) };
    case 'saveCheckpoint':
      return { type: 'saved', result: await trainer.saveCheckpoint(call.modelId, call.directory, call.meta) };
    case 'loadCheckpoint':
      return { type: 'loaded', result: await trainer.loadCheckpoint(call.modelId, call.directory, call.options) };
  }
}

async function answer({ id, call }: WorkerRequest): Promise<void> {
  let reply: EngineReply;
  try {
    reply = await execute(call);
  } catch (error) {
    reply = error instanceof EngineError
      ? { type: 'failed', category: error.category, message: error.message }
      : { type: 'failed', category: 'server', message: `The training engine failed: ${messageOf(error)}` };
  }
  const message: WorkerReply = { id, reply };
  parentPort?.postMessage(message);
}

parentPort?.on('message', (request: WorkerRequest) => { void answer(request); });
