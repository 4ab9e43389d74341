import type { ServiceClientOptions } from '../../src/config.js';
import type { Random } from '../world/random.js';

/** Limits of one call. */
export interface CallLimits {
  readonly timeoutMs: number | undefined;
  /** After how long its signal is aborted. */
  readonly abortMs: number | undefined;
  /** After how long it is cancelled. */
  readonly cancelMs: number | undefined;
}

export type CallKind =
  | 'forward'
  | 'forwardBackward'
  | 'custom'
  | 'optimStep'
  | 'step'
  | 'saveState'
  | 'saveForSampler'
  | 'ephemeral'
  | 'load'
  | 'loadMissing'
  | 'invalid';

/** One thing that the program does. */
export type Step =
  | { readonly do: 'call'; readonly kind: CallKind; readonly client: number; readonly datums: number; readonly limits: CallLimits; readonly withOptimizer: boolean }
  | { readonly do: 'sample'; readonly logprobs: boolean; readonly limits: CallLimits }
  | { readonly do: 'info' | 'pause' | 'resume' | 'close' | 'unload' | 'await last' | 'await all' | 'health'; readonly client: number };

/** What the program does when a client is wedged. */
export type WedgePolicy = { readonly decide: 'retry' | 'skip' | 'leave'; readonly afterMs: number };

/** A program: made of chance before it runs, so that what happens to it does not change what it asks for. */
export interface Plan {
  readonly options: Pick<ServiceClientOptions, 'encoding' | 'timeoutMs' | 'requestDeadlineMs' | 'unreachableDeadlineMs' | 'telemetry'>;
  readonly clients: readonly { readonly fromState: boolean; readonly withOptimizer: boolean; readonly timeoutMs: number | undefined }[];
  readonly hasSampler: boolean;
  readonly steps: readonly { readonly step: Step; readonly thinkMs: number }[];
  /** One after the other; the last again and again. */
  readonly wedged: readonly WedgePolicy[];
  /** Whether everything is awaited before the service is closed. */
  readonly closesEarly: boolean;
}

/** @param readsProtobuf whether the server does: programs do not insist on what it cannot read */
export function drawPlan(random: Random, readsProtobuf: boolean): Plan {
  const clients = random.weighted([[1, 6], [2, 3], [3, 1]]);
  const hasSampler = random.chance(0.3);
  const haste = random.weighted([[0, 4], [20, 4], [2_000, 2], [20_000, 0.4]]);
  const length = 3 + random.below(10);
  return {
    options: drawOptions(random, readsProtobuf),
    clients: Array.from({ length: clients }, () => ({
      fromState: random.chance(0.15),
      withOptimizer: random.chance(0.5),
      timeoutMs: random.chance(0.05) ? random.between(1, 20_000) : undefined,
    })),
    hasSampler,
    steps: Array.from({ length }, () => ({ step: drawStep(random, clients, hasSampler), thinkMs: random.chance(0.5) ? 0 : random.between(0, haste) })),
    wedged: Array.from({ length: 3 }, () => ({
      decide: random.weighted<WedgePolicy['decide']>([['retry', 4], ['skip', 3], ['leave', 1]]),
      afterMs: random.weighted([[0, 1], [1_000, 2], [60_000, 1]]),
    })),
    closesEarly: random.chance(0.1),
  };
}

export function drawOptions(random: Random, readsProtobuf: boolean): Plan['options'] {
  return {
    encoding: random.weighted<'auto' | 'protobuf' | 'json'>([['auto', 6], ['protobuf', readsProtobuf ? 1 : 0], ['json', 2]]),
    timeoutMs: random.weighted([[60_000, 2], [20_000, 2], [5_000, 2]]),
    requestDeadlineMs: random.weighted([[300_000, 1], [60_000, 3], [20_000, 3]]),
    unreachableDeadlineMs: random.weighted([[3_600_000, 0.5], [300_000, 1], [60_000, 3], [20_000, 2]]),
    telemetry: random.chance(0.1),
  };
}

const calls: readonly (readonly [CallKind, number])[] = [
  ['forwardBackward', 6],
  ['optimStep', 6],
  ['step', 4],
  ['forward', 1],
  ['custom', 2],
  ['saveState', 2],
  ['saveForSampler', 2],
  ['ephemeral', 1],
  ['load', 1],
  ['loadMissing', 0.3],
  ['invalid', 0.5],
];

function drawStep(random: Random, clients: number, hasSampler: boolean): Step {
  const client = random.below(clients);
  const what = random.weighted([['call', 30], ['sample', hasSampler ? 8 : 0], ['other', 8]]);
  if (what === 'sample') return { do: 'sample', logprobs: random.chance(0.2), limits: drawLimits(random) };
  if (what === 'call') {
    const datums = random.weighted([[1, 4], [2, 2], [3, 2], [5, 2]]);
    return { do: 'call', kind: random.weighted(calls), client, datums, limits: drawLimits(random), withOptimizer: random.chance(0.5) };
  }
  const other = random.weighted<Exclude<Step['do'], 'call' | 'sample'>>([
    ['await last', 10],
    ['await all', 5],
    ['pause', 2],
    ['resume', 2],
    ['info', 1],
    ['health', 0.5],
    ['close', 0.5],
    ['unload', 0.3],
  ]);
  return { do: other, client };
}

function drawLimits(random: Random): CallLimits {
  const limit = () => random.weighted([[0, 1], [random.between(0, 50), 4], [random.between(0, 3_000), 3], [random.between(0, 60_000), 2]]);
  const which = random.weighted([['none', 80], ['timeout', 5], ['abort', 4], ['cancel', 6]]);
  return {
    timeoutMs: which === 'timeout' ? limit() : undefined,
    abortMs: which === 'abort' ? limit() : undefined,
    cancelMs: which === 'cancel' ? limit() : undefined,
  };
}
