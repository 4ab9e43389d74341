/** What the host and the worker say to each other; one reply per request, with its id. */
import type {
  AdamSettings, CheckpointMeta, ClipBounds, LoadResult, LossName, ModelSpec, OptimStepResult, PassResult, SaveResult, TrainingDatum,
} from './engine.js';
import type { EngineErrorCategory } from './engine-error.js';

/** A call of the engine, by method. */
export type EngineCall =
  | { readonly call: 'createModel'; readonly modelId: string; readonly spec: ModelSpec }
  | { readonly call: 'unloadModel'; readonly modelId: string }
  | {
    readonly call: 'forward' | 'forwardBackward';
    readonly modelId: string;
    readonly data: readonly TrainingDatum[];
    readonly lossFn: LossName;
    readonly clip: ClipBounds | undefined;
  }
  | { readonly call: 'optimStep'; readonly modelId: string; readonly adam: AdamSettings }
  | { readonly call: 'saveCheckpoint'; readonly modelId: string; readonly directory: string; readonly meta: CheckpointMeta }
  | { readonly call: 'loadCheckpoint'; readonly modelId: string; readonly directory: string; readonly options: { readonly optimizer: boolean } };

/** Host to worker. */
export interface WorkerRequest {
  readonly id: number;
  readonly call: EngineCall;
}

/** The outcome of a call, by kind of result. */
export type EngineReply =
  | { readonly type: 'done' }
  | { readonly type: 'passed'; readonly result: PassResult }
  | { readonly type: 'stepped'; readonly result: OptimStepResult }
  | { readonly type: 'saved'; readonly result: SaveResult }
  | { readonly type: 'loaded'; readonly result: LoadResult }
  | { readonly type: 'failed'; readonly category: EngineErrorCategory; readonly message: string };

/** Worker to host. */
export interface WorkerReply {
  readonly id: number;
  readonly reply: EngineReply;
}
