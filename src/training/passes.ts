import { customLossWork, toCustomData, type CustomLoss, type CustomLossOutput } from './custom-loss.js';
import { checkLoss, checkTargets } from './training-input.js';
import { passWork, type PassSender } from './pass-work.js';
import type { TrainingWork } from './training-work.js';
import { toEncodable, type Datum } from '../types/data.js';
import type { ForwardBackwardOutput, LossFnConfig } from '../types/training.js';
import { splitIntoChunks } from '../wire/chunking.js';
import { checkSparse } from '../wire/flat-pass.js';
import type { Pass } from '../wire/pass-body.js';
import { checkJsonPass } from '../wire/pass-json.js';

/** A pass as a caller asks for it. */
export interface PassRequest {
  readonly data: readonly Datum[];
  readonly lossFn: string;
  readonly lossFnConfig: LossFnConfig | undefined;
  readonly forwardOnly: boolean;
}

const crossEntropy = 'cross_entropy';

/**
 * Checks a pass and makes its requests.
 * @throws TinkerError `validation` naming the argument
 */
export function preparePass(sender: PassSender, request: PassRequest): TrainingWork<ForwardBackwardOutput> {
  const { data, lossFn, lossFnConfig, forwardOnly } = request;
  return checkedPass(sender, { data: toEncodable(data), ...checkLoss(lossFn, lossFnConfig), forwardOnly });
}

/**
 * Checks a pass with a custom loss and makes the requests of its first half.
 * @throws TinkerError `validation` naming the argument
 */
export function prepareCustomPass(sender: PassSender, data: readonly Datum[], lossFn: CustomLoss): TrainingWork<CustomLossOutput> {
  const custom = toCustomData(toEncodable(data), lossFn);
  return customLossWork(data, custom, lossFn, (passData, forwardOnly) =>
    checkedPass(sender, { data: passData, lossFn: crossEntropy, lossFnConfig: undefined, forwardOnly }),
  );
}

function checkedPass(sender: PassSender, pass: Pass): TrainingWork<ForwardBackwardOutput> {
  checkTargets(pass.data, pass.lossFn);
  if (sender.encoder.decided === 'json') checkJsonPass(pass);
  else if (!sender.encoder.takesSparse) checkSparse(pass.data);
  const { fwdbwdMaxChunkLen: length, fwdbwdMaxChunkBytesCount: bytes } = sender.limits;
  return passWork(sender, pass, splitIntoChunks(pass.data, { length, bytes }));
}
