import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RestClient, SamplingClient, ServiceClient, TrainingClient } from '../../src/index.js';
import type { WaitOptions } from '../../src/calls/wait.js';
import { datum } from '../support/clients.js';
import { input } from '../support/sampling.js';

/** A call as its users make it. */
export type Call<Client> = (client: Client, options: WaitOptions) => PromiseLike<unknown>;

const run = 'run-1';
const path = 'tinker://run-1/weights/x';
const sampler = 'tinker://run-1/sampler_weights/x';
const start = '2025-01-01T00:00:00Z';

/** Everything of a service that waits for its server. */
export const serviceCalls: Readonly<Record<string, Call<ServiceClient>>> = {
  healthCheck: (service, options) => service.healthCheck(options),
  getServerCapabilities: (service, options) => service.getServerCapabilities(options),
  createLoraTrainingClient: (service, options) => service.createLoraTrainingClient({ baseModel: 'base', ...options }),
  createTrainingClientFromState: (service, options) => service.createTrainingClientFromState(path, options),
  createTrainingClientFromStateWithOptimizer: (service, options) => service.createTrainingClientFromStateWithOptimizer(path, options),
  createSamplingClient: (service, options) => service.createSamplingClient({ baseModel: 'base', ...options }),
};

/** The operations of a queue. */
export const queuedCalls: Readonly<Record<string, Call<TrainingClient>>> = {
  forward: (training, options) => training.forward([datum()], 'cross_entropy', undefined, options),
  forwardBackward: (training, options) => training.forwardBackward([datum()], 'cross_entropy', undefined, options),
  forwardBackwardCustom: (training, options) => training.forwardBackwardCustom([datum()], () => ({ loss: 0, gradients: [[0, 0]] }), options),
  optimStep: (training, options) => training.optimStep({}, options),
  step: (training, options) => training.step([datum()], 'cross_entropy', {}, options),
  saveState: (training, options) => training.saveState('x', options),
  saveWeightsForSampler: (training, options) => training.saveWeightsForSampler('x', options),
  saveWeightsAndGetSamplingClient: (training, options) => training.saveWeightsAndGetSamplingClient(options),
  loadState: (training, options) => training.loadState(path, options),
  loadStateWithOptimizer: (training, options) => training.loadStateWithOptimizer(path, options),
};

/** What a training client asks outside of its queue. */
export const trainingCalls: Readonly<Record<string, Call<TrainingClient>>> = {
  createSamplingClient: (training, options) => training.createSamplingClient(sampler, options),
  getInfo: (training, options) => training.getInfo(options),
  getTokenizer: (training, options) => training.getTokenizer(options),
  unload: (training, options) => training.unload(options),
};

/** Samples. */
export const samples: Readonly<Record<string, Call<SamplingClient>>> = {
  sample: (sampling, options) => sampling.sample(input, options),
  computeLogprobs: (sampling, options) => sampling.computeLogprobs([1, 2], options),
};

/** What a sampling client asks beside. */
export const samplingCalls: Readonly<Record<string, Call<SamplingClient>>> = {
  getSampler: (sampling, options) => sampling.getSampler(options),
  getBaseModel: (sampling, options) => sampling.getBaseModel(options),
  getTokenizer: (sampling, options) => sampling.getTokenizer(options),
};

/** All of a REST client. */
export const restCalls: Readonly<Record<string, Call<RestClient>>> = {
  getTrainingRun: (rest, options) => rest.getTrainingRun(run, options),
  getTrainingRunByTinkerPath: (rest, options) => rest.getTrainingRunByTinkerPath(path, options),
  getWeightsInfoByTinkerPath: (rest, options) => rest.getWeightsInfoByTinkerPath(path, options),
  listTrainingRuns: (rest, options) => rest.listTrainingRuns(options),
  iterateTrainingRuns: (rest, options) => rest.iterateTrainingRuns(options).next(),
  listCheckpoints: (rest, options) => rest.listCheckpoints(run, options),
  listUserCheckpoints: (rest, options) => rest.listUserCheckpoints(options),
  iterateUserCheckpoints: (rest, options) => rest.iterateUserCheckpoints(options).next(),
  getCheckpointArchiveUrl: (rest, options) => rest.getCheckpointArchiveUrl(run, 'weights/x', options),
  getCheckpointArchiveUrlFromTinkerPath: (rest, options) => rest.getCheckpointArchiveUrlFromTinkerPath(path, options),
  downloadCheckpoint: (rest, options) => rest.downloadCheckpoint(path, join(tmpdir(), 'tinkerjs-is-never-made'), options),
  deleteCheckpoint: (rest, options) => rest.deleteCheckpoint(run, 'weights/x', options),
  deleteCheckpointFromTinkerPath: (rest, options) => rest.deleteCheckpointFromTinkerPath(path, options),
  publishCheckpointFromTinkerPath: (rest, options) => rest.publishCheckpointFromTinkerPath(path, options),
  unpublishCheckpointFromTinkerPath: (rest, options) => rest.unpublishCheckpointFromTinkerPath(path, options),
  setCheckpointTtlFromTinkerPath: (rest, options) => rest.setCheckpointTtlFromTinkerPath(path, 60, options),
  getSession: (rest, options) => rest.getSession('S', options),
  listSessions: (rest, options) => rest.listSessions(options),
  iterateSessions: (rest, options) => rest.iterateSessions(options).next(),
  assignSessionProject: (rest, options) => rest.assignSessionProject('S', 'p', options),
  exportSessionTrace: (rest, options) => rest.exportSessionTrace('S', options),
  getSampler: (rest, options) => rest.getSampler('s', options),
  getBillingUsage: (rest, options) => rest.getBillingUsage({ startingOn: start, endingBefore: '2025-01-02T00:00:00Z', ...options }),
  getAuditLog: (rest, options) => rest.getAuditLog(options),
  whoami: (rest, options) => rest.whoami(options),
};
