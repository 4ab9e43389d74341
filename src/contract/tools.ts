import type { WaitOptions } from '../calls/wait.js';
import type { LoraTrainingOptions } from '../service/model-options.js';
import type { TrainingClient } from '../training-client.js';
import type { Shared } from './shared.js';
import type { Traces } from './traces.js';
import type { Wire } from './wire.js';

/** What is needed to make things on the server. */
export interface Tools {
  readonly wire: Wire;
  readonly traces: Traces;
  /** For every call, so that none outlives its check. */
  readonly limits: WaitOptions;
  /** The base model of all models here. */
  readonly baseModel: Shared<string>;
  /** The model that most checks train. */
  readonly training: Shared<TrainingClient>;
  /** A new model, unloaded at the end. */
  model(options?: Partial<LoraTrainingOptions>): Promise<TrainingClient>;
  /** A name that nothing else has, of letters, digits and hyphens. */
  name(label: string): string;
}
