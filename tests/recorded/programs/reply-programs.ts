import type { ServiceClient } from '../../../src/index.js';
import { isRecord } from '../../../src/types/check.js';
import { parseJson } from '../../../src/api/failure.js';
import { textDatum } from './data.js';
import { smallClient, type Program } from './program.js';

/** The first poll of an operation finds nothing, the second that there is something large. */
const announcing: NonNullable<Program['script']> = () => {
  const polls = new Map<unknown, number>();
  return (target, body) => {
    const request = parseJson(body.toString());
    if (target !== '/api/v1/retrieve_future' || !isRecord(request)) return undefined;
    const id = request['request_id'];
    const poll = polls.get(id) ?? 0;
    polls.set(id, poll + 1);
    if (poll === 0) return { status: 200, json: { type: 'try_again', request_id: id, queue_state: 'active' } };
    return poll === 1 ? { status: 200, json: { status: 'complete_metadata', response_payload_size: 1000 } } : undefined;
  };
};

/** A client after its first step. */
async function trained(service: ServiceClient) {
  const training = await smallClient(service);
  await training.forwardBackward([textDatum()], 'cross_entropy');
  await training.optimStep();
  return { service, training };
}

const polling: Program = {
  name: 'polling',
  script: announcing,
  hurried: true,
  run: async ({ open }) => {
    const { service, training } = await trained(open());
    await training.saveState('polled');
    const sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
    await sampler.sample({ prompt: [1], samplingParams: { maxTokens: 1, seed: 1 } });
  },
};

/** The first request to each endpoint is turned away. */
const busyAtFirst: NonNullable<Program['script']> = () => {
  const seen = new Set(['/api/v1/retrieve_future']);
  return (target) => {
    if (seen.has(target)) return undefined;
    seen.add(target);
    return { status: 503, headers: { 'retry-after-ms': '1' }, json: { detail: 'busy' } };
  };
};

const retries: Program = {
  name: 'retries',
  script: busyAtFirst,
  hurried: true,
  run: async ({ open }) => {
    const { service, training } = await trained(open());
    const saved = await training.saveState('busy');
    const sampled = await training.saveWeightsForSampler('busy');
    await training.loadState(saved.path);
    const sampler = await service.createSamplingClient({ modelPath: sampled.path });
    await sampler.sample({ prompt: [1], samplingParams: { maxTokens: 1, seed: 1 } });
    await training.getInfo();
  },
};

export const replyPrograms: readonly Program[] = [polling, retries];
