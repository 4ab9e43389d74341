import { ModelInput, type Datum } from '../../src/types/data.js';
import type { TrainingClient } from '../../src/training-client.js';
import { passIdentity } from '../network/reading.js';
import { tokensEach } from './identity.js';
import type { CallKind } from './plan.js';
import type { AnyOperation } from './tracked.js';

/** A call as it is made: what it is to execute, in order. */
export interface MadeCall {
  readonly operation: AnyOperation;
  readonly kind: string;
  readonly identities: readonly string[] | undefined;
  readonly harmless: readonly string[];
}

export interface CallSettings {
  readonly index: number;
  readonly datums: number;
  /** Datums in a request. */
  readonly chunk: number;
  readonly withOptimizer: boolean;
  readonly limits: { readonly timeoutMs?: number; readonly signal?: AbortSignal };
  /** Whether the custom loss throws. */
  readonly lossFails: boolean;
  /** Waits as the user's own code does. */
  readonly think: () => Promise<void>;
}

/** Makes one call of the program; a step makes two. Each carries its index in what it sends, so that the ledger tells them apart. */
export function makeCall(training: TrainingClient, kind: CallKind, settings: CallSettings): readonly MadeCall[] {
  const { index, limits, withOptimizer } = settings;
  const data = datumsOf(index, settings.datums);
  const forward = parts(true, settings);
  const backward = parts(false, settings);
  const learningRate = (index + 1) * 1e-6;
  const stepIdentity = `step ${index + 1}`;
  switch (kind) {
    case 'forward':
      return [call(kind, training.forward(data, 'cross_entropy', undefined, limits), forward)];
    case 'forwardBackward':
      return [call(kind, training.forwardBackward(data, 'cross_entropy', undefined, limits), backward)];
    case 'custom':
      return [call(kind, training.forwardBackwardCustom(data, lossOf(settings), limits), [...forward, ...backward], forward)];
    case 'optimStep':
      return [call(kind, training.optimStep({ learningRate }, limits), [stepIdentity])];
    case 'step': {
      const { forwardBackward, optimStep } = training.step(data, 'cross_entropy', { learningRate }, limits);
      return [call('forwardBackward', forwardBackward, backward), call('optimStep', optimStep, [stepIdentity])];
    }
    case 'saveState':
      return [call(kind, training.saveState(`c${index}`, limits), [`save c${index}`])];
    case 'saveForSampler':
      return [call(kind, training.saveWeightsForSampler(`s${index}`, limits), [`sampler s${index}`])];
    case 'ephemeral':
      return [call(kind, training.saveWeightsAndGetSamplingClient(limits), undefined)];
    case 'load':
    case 'loadMissing': {
      const path = `tinker://seed:train:0/weights/${kind === 'load' ? 'l' : 'missing'}${index}` as const;
      const operation = withOptimizer ? training.loadStateWithOptimizer(path, limits) : training.loadState(path, limits);
      return [call(kind, operation, [`load ${path}${withOptimizer ? ' with optimizer' : ''}`])];
    }
    case 'invalid':
      return [call(kind, training.forwardBackward([], 'cross_entropy'), [])];
  }
}

function call(kind: string, operation: AnyOperation, identities: readonly string[] | undefined, harmless: readonly string[] = []): MadeCall {
  return { kind, operation, identities, harmless };
}

function datumsOf(index: number, count: number): readonly Datum[] {
  return Array.from({ length: count }, (_, at) => ({
    modelInput: ModelInput.fromInts([index * tokensEach + at, 1]),
    lossFnInputs: { target_tokens: [7], weights: [1] },
  }));
}

/** What the requests of a pass are known by: the first datum of each. */
function parts(forwardOnly: boolean, { index, datums, chunk }: CallSettings): readonly string[] {
  return Array.from({ length: Math.ceil(datums / chunk) }, (_, part) => passIdentity(forwardOnly, index * tokensEach + part * chunk));
}

function lossOf({ datums, lossFails, think }: CallSettings) {
  return async () => {
    await think();
    if (lossFails) throw new Error('the loss has a mistake in it');
    return { loss: 1, gradients: Array.from({ length: datums }, () => [0.5]) };
  };
}
