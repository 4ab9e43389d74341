import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from '../types/check.js';
import type { EncodableDatum } from '../types/data.js';
import { invalid } from '../types/errors.js';
import { parseTrainingPath, type TrainingCheckpointPath } from '../types/ids.js';
import { AdamParams, type LossFnConfig } from '../types/training.js';

/** AdamW's settings for one optimizer step; what is left out has the default (wire protocol §2.4). */
export interface AdamSettings {
  /** Finite, 0 or more; default 1e-4. */
  readonly learningRate?: number | undefined;
  /** Decay of the mean of the gradients: from 0 up to, not including, 1; default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of their squares: from 0 up to, not including, 1; default 0.95. */
  readonly beta2?: number | undefined;
  /** Added to the denominator: finite, above 0; default 1e-12. */
  readonly eps?: number | undefined;
  /** Decoupled weight decay: finite, 0 or more; default 0. */
  readonly weightDecay?: number | undefined;
  /** Largest global norm of the gradients: finite, 0 or more; default 0, which turns clipping off. */
  readonly gradClipNorm?: number | undefined;
}

const adamRules: Readonly<Record<keyof AdamParams, { readonly holds: (value: number) => boolean; readonly allowed: string }>> = {
  learningRate: { holds: (value) => value >= 0, allowed: 'a finite number, 0 or more' },
  beta1: { holds: (value) => value >= 0 && value < 1, allowed: 'a number from 0 up to, not including, 1' },
  beta2: { holds: (value) => value >= 0 && value < 1, allowed: 'a number from 0 up to, not including, 1' },
  eps: { holds: (value) => value > 0, allowed: 'a finite number above 0' },
  weightDecay: { holds: (value) => value >= 0, allowed: 'a finite number, 0 or more' },
  gradClipNorm: { holds: (value) => value >= 0, allowed: 'a finite number, 0 or more (0 turns clipping off)' },
};

/**
 * Checks and completes AdamW's settings.
 * @throws TinkerError `validation` naming the setting
 */
export function checkAdamParams(settings: AdamSettings): AdamParams {
  if (!isRecord(settings)) throw invalid('adamParams', settings, 'an object');
  for (const [name, value] of Object.entries(settings)) {
    const rule = isAdamSetting(name) ? adamRules[name] : undefined;
    if (rule === undefined) throw invalid(`adamParams.${name}`, value, `one of ${Object.keys(adamRules).join(', ')}`);
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && rule.holds(value))) {
      throw invalid(`adamParams.${name}`, value, rule.allowed);
    }
  }
  return AdamParams.make(settings);
}

function isAdamSetting(name: string): name is keyof AdamParams {
  return Object.hasOwn(adamRules, name);
}

/**
 * Checks the name and the settings of a loss function.
 * @throws TinkerError `validation`
 */
export function checkLoss(lossFn: string, config: LossFnConfig | undefined): { lossFn: string; lossFnConfig: LossFnConfig | undefined } {
  if (typeof lossFn !== 'string' || lossFn === '') throw invalid('lossFn', lossFn, 'the name of a loss function such as "cross_entropy"');
  if (config !== undefined && !isRecord(config)) throw invalid('lossFnConfig', config, 'an object of numbers');
  for (const [name, value] of Object.entries(config ?? {})) {
    if (!Number.isFinite(value)) throw invalid(`lossFnConfig.${name}`, value, 'a finite number');
  }
  return { lossFn, lossFnConfig: config };
}

const needTargets = new Set(['cross_entropy', 'importance_sampling', 'ppo', 'cispo', 'gspo', 'dppo', 'ppo_critic']);

/**
 * The known losses of the protocol (wire protocol §9.4) and of self-hosted servers compare with target
 * tokens; some servers crash without them.
 * @throws TinkerError `validation` naming the datum
 */
export function checkTargets(data: readonly EncodableDatum[], lossFn: string): void {
  if (!needTargets.has(lossFn)) return;
  const index = data.findIndex(({ lossFnInputs }) => lossFnInputs['target_tokens'] === undefined);
  if (index !== -1) {
    throw invalid(`data[${index}].lossFnInputs.target_tokens`, undefined, `the target token of every position, which ${lossFn} needs`);
  }
}

/** Whether a path names a training checkpoint. */
export function isTrainingPath(path: string): path is TrainingCheckpointPath {
  return E.isRight(parseTrainingPath(path));
}
