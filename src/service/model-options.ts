import { checkMetadata } from './check-settings.js';
import type { FromStateOptions } from './restore.js';
import { checkFlag, checkSecret } from '../calls/check-options.js';
import { invalid } from '../types/errors.js';
import type { UserMetadata } from '../types/ids.js';
import { isUnsigned64 } from '../types/whole-number.js';
import type { WaitOptions } from '../calls/wait.js';

/** Settings of `ServiceClient.createLoraTrainingClient`. */
export interface LoraTrainingOptions extends WaitOptions {
  /** One of the server's base models; see `ServiceClient.getServerCapabilities`. */
  readonly baseModel: string;
  /** LoRA rank; default 32. */
  readonly rank?: number | undefined;
  /** Seed of the adapter's initial values: whole, 0 to 2^64 - 1, beyond 2^53 - 1 as a bigint; the server's choice when absent. */
  readonly seed?: number | bigint | undefined;
  /** Whether the MLP layers get an adapter; default true. */
  readonly trainMlp?: boolean | undefined;
  /** Whether the attention layers get an adapter; default true. */
  readonly trainAttn?: boolean | undefined;
  /** Whether the unembedding gets an adapter; default true. */
  readonly trainUnembed?: boolean | undefined;
  /** Kept with the training run on the server. */
  readonly userMetadata?: UserMetadata | undefined;
  /**
   * Further fields of the request, for self-hosted servers that know more than the protocol, such as
   * SkyRL's `model_role`: by their names on the wire, none of which is one of the protocol's own.
   */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
}

const ownFields = new Set(['session_id', 'model_seq_id', 'base_model', 'user_metadata', 'lora_config', 'type']);

/** @throws TinkerError `validation` naming the option */
export function checkLora(options: LoraTrainingOptions) {
  const { rank = 32, seed, userMetadata } = options;
  const trainMlp = checkFlag('trainMlp', options.trainMlp, true);
  const trainAttn = checkFlag('trainAttn', options.trainAttn, true);
  const trainUnembed = checkFlag('trainUnembed', options.trainUnembed, true);
  if (!trainMlp && !trainAttn && !trainUnembed) {
    throw invalid('trainMlp', trainMlp, 'true when trainAttn and trainUnembed are false: otherwise nothing would be trained');
  }
  if (!Number.isSafeInteger(rank) || rank < 1) throw invalid('rank', rank, 'a whole number, at least 1');
  if (seed !== undefined && !isUnsigned64(seed)) throw invalid('seed', seed, 'a whole number from 0 to 2^64 - 1 (beyond 2^53 - 1 as a bigint)');
  return {
    baseModel: checkName('baseModel', options.baseModel),
    userMetadata: checkMetadata('userMetadata', userMetadata),
    extraBody: checkExtraBody(options.extraBody),
    rank,
    seed,
    trainMlp,
    trainAttn,
    trainUnembed,
  };
}

/** @throws TinkerError `validation` naming the option */
export function checkFromState(options: FromStateOptions) {
  return {
    ...options,
    loadOptimizer: checkFlag('loadOptimizer', options.loadOptimizer, false),
    baseModel: options.baseModel === undefined ? undefined : checkName('baseModel', options.baseModel),
    userMetadata: checkMetadata('userMetadata', options.userMetadata),
    weightsAccessToken: checkSecret('weightsAccessToken', options.weightsAccessToken),
  };
}

function checkExtraBody(extraBody: LoraTrainingOptions['extraBody']): Readonly<Record<string, unknown>> {
  const fields = checkMetadata('extraBody', extraBody) ?? {};
  const own = Object.keys(fields).find((name) => ownFields.has(name));
  if (own !== undefined) throw invalid(`extraBody.${own}`, fields[own], 'a field that is not one of the protocol; those have options of their own');
  return fields;
}

function checkName(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid(field, value, 'the name of a base model');
  return value;
}
