import * as E from 'fp-ts/lib/Either.js';
import type { TrainingWork } from './training-work.js';
import { isRecord } from '../types/check.js';
import type { Datum, EncodableDatum } from '../types/data.js';
import { invalid, invalidPhrase, messageOf, TinkerError } from '../types/errors.js';
import { TensorData } from '../types/tensor.js';
import type { ForwardBackwardOutput } from '../types/training.js';

/** What a custom loss function works out (wire protocol §4.9). */
export interface CustomLossResult {
  /** The loss of all datums together: a finite number. */
  readonly loss: number;
  /**
   * Per datum, in order, the gradient of the loss by its log-probabilities: one number for each of them,
   * flat in row-major order.
   */
  readonly gradients: readonly (Float32Array | readonly number[])[];
  /** Added to the metrics of the pass, under names of the caller's own. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/**
 * A loss on log-probabilities (wire protocol §4.9). It is called once a pass, when the forward results
 * are there; operations called later wait for it. What it throws, and a result that is none, rejects the
 * pass with a `TinkerError` of kind `validation`, and no gradients are added.
 * @param data the datums as they were passed
 * @param logprobs per datum the log-probability of every target token, float32 in the targets' shape
 * @returns loss and gradients, or a promise of them
 */
export type CustomLoss = (data: readonly Datum[], logprobs: readonly TensorData[]) => CustomLossResult | PromiseLike<CustomLossResult>;

/** Result of a pass with a custom loss: that of its backward half, with the caller's metrics among its own (wire protocol §4.9). */
export interface CustomLossOutput extends ForwardBackwardOutput {
  /** What the loss function gave; `loss:sum` in the metrics is that of the linear stand-in sent to the server. */
  readonly loss: number;
}

/** A datum that a custom loss can be worked out for. */
interface CustomDatum {
  readonly modelInput: EncodableDatum['modelInput'];
  readonly targets: TensorData;
  /** In the forward pass they decide nothing but the reported loss; the server wants them all the same. */
  readonly weights: TensorData;
}

/**
 * Refuses data and functions that no custom loss can be worked out with (wire protocol §4.9).
 * @throws TinkerError `validation` naming the datum and the field
 */
export function toCustomData(data: readonly EncodableDatum[], lossFn: unknown): readonly CustomDatum[] {
  if (typeof lossFn !== 'function') throw invalid('lossFn', lossFn, 'a function of the data and their log-probabilities');
  return data.map(({ modelInput, lossFnInputs }, index) => {
    const { target_tokens: targets, weights, ...others } = lossFnInputs;
    const at = `data[${index}].lossFnInputs`;
    for (const [name, value] of Object.entries(others)) {
      throw invalid(`${at}.${name}`, value, 'target_tokens and weights only, for a custom loss');
    }
    if (targets === undefined) throw invalid(`${at}.target_tokens`, targets, 'the target token of every position');
    return { modelInput, targets, weights: weights ?? new TensorData(new Float32Array(targets.size), targets.shape) };
  });
}

/**
 * A custom loss in two passes (wire protocol §4.9): a forward pass for the log-probabilities, then a
 * backward pass of cross-entropy whose weights are the negated gradients of the caller's loss, so that the
 * gradients by the model's parameters are those of that loss.
 * @param makePass makes the requests of one pass
 */
export function customLossWork(
  data: readonly Datum[],
  custom: readonly CustomDatum[],
  lossFn: CustomLoss,
  makePass: (data: readonly EncodableDatum[], forwardOnly: boolean) => TrainingWork<ForwardBackwardOutput>,
): TrainingWork<CustomLossOutput> {
  const first = makePass(custom.map((datum) => weighted(datum, datum.weights)), true);
  let current = first;
  let computed: Omit<CustomLossResult, 'gradients'> = { loss: Number.NaN };
  return {
    bytes: first.bytes,
    parts: first.parts,
    result: () => E.map((output: ForwardBackwardOutput) => withComputed(output, computed))(current.result()),
    matches: (...asked) => current.matches?.(...asked) === true,
    work: {
      get requestType() {
        return current.work.requestType;
      },
      waits: (part) => current.work.waits?.(part),
      send: (context) => current.work.send(context),
      receive: (part, body) => current.work.receive(part, body),
      releaseBodies: () => current.work.releaseBodies?.(),
      secondPass: async () => {
        const logprobs = E.chain((output: ForwardBackwardOutput) =>
          E.traverseArray(logprobsOf)(custom.map(({ targets }, index) => ({ targets, index, output }))),
        )(first.result());
        if (E.isLeft(logprobs)) return logprobs;
        const result = await evaluate(lossFn, data, logprobs.right);
        if (E.isLeft(result)) return result;
        computed = result.right;
        current = makePass(backwardData(custom, result.right.gradients), false);
        return E.right({ parts: current.parts, bytes: current.bytes });
      },
    },
  };
}

function weighted({ modelInput, targets }: CustomDatum, weights: TensorData): EncodableDatum {
  return { modelInput, lossFnInputs: { target_tokens: targets, weights } };
}

interface Place {
  readonly targets: TensorData;
  readonly index: number;
  readonly output: ForwardBackwardOutput;
}

function logprobsOf({ targets: { shape, size }, index, output }: Place): E.Either<TinkerError, TensorData> {
  const logprobs = output.lossFnOutputs[index]?.['logprobs'];
  return logprobs !== undefined && logprobs.size === size
    ? E.right(new TensorData(logprobs.toDense().data, shape))
    : E.left(new TinkerError('malformedResponse', `the forward pass gave no log-probability for each of the ${size} targets of data[${index}]`));
}

async function evaluate(
  lossFn: CustomLoss,
  data: readonly Datum[],
  logprobs: readonly TensorData[],
): Promise<E.Either<TinkerError, CustomLossResult>> {
  try {
    const result = await lossFn(data, logprobs);
    checkResult(result, logprobs);
    return E.right(result);
  } catch (thrown) {
    if (thrown instanceof TinkerError) return E.left(thrown);
    return E.left(new TinkerError('validation', `the custom loss function threw: ${messageOf(thrown)}`, { field: 'lossFn', cause: thrown }));
  }
}

function checkResult(result: CustomLossResult, logprobs: readonly TensorData[]): void {
  if (!isRecord(result)) throw invalid('the result of lossFn', result, 'an object with loss and gradients');
  const { loss, gradients, metrics = {} } = result;
  if (!Number.isFinite(loss)) throw invalid('loss of lossFn', loss, 'a finite number');
  if (!Array.isArray(gradients) || gradients.length !== logprobs.length) {
    throw invalid('gradients of lossFn', gradients, `an array of ${logprobs.length}, one per datum`);
  }
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== 'number') throw invalid(`metrics.${name} of lossFn`, value, 'a number');
  }
}

/** With w = -∂loss/∂logprob, the gradient of Σ -w·logprob is that of the caller's loss. */
function backwardData(data: readonly CustomDatum[], gradients: CustomLossResult['gradients']): readonly EncodableDatum[] {
  return data.map((datum, index) => {
    const { size, shape } = datum.targets;
    const at = `gradients[${index}] of lossFn`;
    const values = TensorData.from(gradients[index] ?? [], 'float32', at).toNumbers();
    if (values.length !== size) throw invalidPhrase(at, values.length === 1 ? '1 number' : `${values.length} numbers`, `${size}, one per log-probability`);
    return weighted(datum, new TensorData(Float32Array.from(values, (value) => -value), shape));
  });
}

function withComputed(output: ForwardBackwardOutput, { loss, metrics }: Omit<CustomLossResult, 'gradients'>): CustomLossOutput {
  return { ...output, loss, metrics: { ...output.metrics, ...metrics } };
}
