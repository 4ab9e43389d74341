import type { EncodedBody } from '../types/attempt.js';
import type { EncodableDatum } from '../types/data.js';
import type { LossFnConfig } from '../types/training.js';
import type { Steps } from './steps.js';

/** A pass as the client asks for it, before it is put into any dialect. */
export interface Pass {
  readonly data: readonly EncodableDatum[];
  readonly lossFn: string;
  readonly lossFnConfig: LossFnConfig | undefined;
  /** Whether the gradients are left alone. */
  readonly forwardOnly: boolean;
}

/** One way to write a pass. */
export interface PassDialect {
  readonly path: (pass: Pass) => `/api/v1/${string}`;
  /** Writes it, in steps: what is written in between must not change. */
  readonly write: (pass: Pass, modelId: string, seqId: number) => Steps<EncodedBody>;
}
