import type { Random } from '../world/random.js';
import { drawOptions, type Plan } from './plan.js';

/** What a trainer is to do, whatever happens to its processes. */
export interface TrainerPlan {
  readonly options: Plan['options'];
  readonly batches: readonly {
    readonly datums: number;
    readonly isCustom: boolean;
    /** Whether a checkpoint is saved after its step. */
    readonly isSaved: boolean;
    /** Whether all that was called so far is awaited before the next. */
    readonly isAwaited: boolean;
  }[];
  readonly thinkMs: number;
  /** Whether each call is awaited before the next: what has failed is never built upon then. */
  readonly isCareful: boolean;
}

export function drawTrainerPlan(random: Random, readsProtobuf: boolean): TrainerPlan {
  const savedEvery = random.weighted([[1, 2], [2, 3], [4, 1], [100, 1]]);
  const awaited = random.weighted([[1, 3], [0.3, 2], [0, 1]]);
  const hasCustom = random.chance(0.3);
  return {
    options: { ...drawOptions(random, readsProtobuf), telemetry: false },
    batches: Array.from({ length: 2 + random.below(6) }, (_, step) => ({
      datums: random.weighted([[1, 4], [2, 2], [3, 2], [5, 1]]),
      isCustom: hasCustom && random.chance(0.4),
      isSaved: (step + 1) % savedEvery === 0,
      isAwaited: random.chance(awaited),
    })),
    thinkMs: random.weighted([[0, 3], [500, 1], [5_000, 1]]),
    isCareful: random.chance(0.5),
  };
}
