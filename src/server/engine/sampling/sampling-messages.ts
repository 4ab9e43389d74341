/** What the host and the sampling worker say to each other; one reply per sample, in any order. */
import type { EngineErrorCategory } from '../engine-error.js';
import type { SampleOutput, SamplerWeights, SampleWork } from './sampling.js';

/** Host to worker. */
export type SamplingRequest =
  | { readonly type: 'sample'; readonly id: number; readonly weights: SamplerWeights; readonly work: SampleWork }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'forget'; readonly sha256: string };

/** Worker to host; the id is that of the request. */
export type SamplingReply =
  | { readonly type: 'sampled'; readonly id: number; readonly output: SampleOutput }
  | { readonly type: 'failed'; readonly id: number; readonly category: EngineErrorCategory; readonly message: string };
