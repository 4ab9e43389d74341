import * as E from 'fp-ts/lib/Either.js';
import type { Operation } from '../operation.js';
import { preparePass } from './passes.js';
import type { TrainingCalls, TrainingOrder } from './training-calls.js';
import type { AdamSettings } from './training-input.js';
import type { StepOptions } from './training-options.js';
import { optimStepOrder } from './training-orders.js';
import type { Datum } from '../types/data.js';
import { TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput, OptimStepResponse } from '../types/training.js';

/** What came of a step: the pass's result, and the metrics of the optimizer. */
export interface StepResult extends ForwardBackwardOutput {
  /** What the server says about the optimizer step, by its own names. */
  readonly optimMetrics: OptimStepResponse['metrics'];
}

/** A pass and the optimizer step after it, sent together. Awaiting it waits for both; each can be awaited on its own. */
export class TrainingStep implements PromiseLike<StepResult> {
  /** The pass, sent first. */
  readonly forwardBackward: Operation<ForwardBackwardOutput>;
  /** The optimizer step on its gradients. */
  readonly optimStep: Operation<OptimStepResponse>;

  /** @internal Steps are made by `TrainingClient.step`. */
  constructor(forwardBackward: Operation<ForwardBackwardOutput>, optimStep: Operation<OptimStepResponse>) {
    this.forwardBackward = forwardBackward;
    this.optimStep = optimStep;
  }

  then<A = StepResult, B = never>(
    onFulfilled?: ((value: StepResult) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result().then(onFulfilled, onRejected);
  }

  /**
   * Waits for both, whichever way they end: a step that has failed is over. A wedged pass is not waited for: what is
   * queued after it goes nowhere before its user decides, who has to hear of it first.
   */
  async #result(): Promise<StepResult> {
    const passing = this.forwardBackward.toTaskEither()();
    const updating = this.optimStep.toTaskEither()();
    const pass = await passing;
    if (E.isLeft(pass) && pass.left.kind === 'wedged') throw pass.left;
    const update = await updating;
    const both = E.chain((output: ForwardBackwardOutput) =>
      E.map(({ metrics }: OptimStepResponse): StepResult => ({ ...output, optimMetrics: metrics }))(update),
    )(pass);
    // One that was not sent for the other's sake says less than the other does.
    const outcome = isCancelled(pass) && E.isLeft(update) && !isCancelled(update) ? update : both;
    if (E.isLeft(outcome)) throw outcome.left;
    return outcome.right;
  }
}

function isCancelled(outcome: E.Either<TinkerError, unknown>): boolean {
  return E.isLeft(outcome) && outcome.left.kind === 'cancelled';
}

/** What a step does. */
export interface StepInput {
  readonly data: readonly Datum[];
  readonly lossFn: string;
  readonly adamParams: AdamSettings;
  readonly options: StepOptions;
}

/** Checks a pass and an optimizer step, and puts both into the queue, or neither. */
export function step(calls: TrainingCalls, { data, lossFn, adamParams, options }: StepInput): TrainingStep {
  const call = 'step';
  const pass: TrainingOrder<ForwardBackwardOutput, ForwardBackwardOutput> = {
    kind: 'forwardBackward',
    call,
    options,
    prepare: () => preparePass(calls.sender, { data, lossFn, lossFnConfig: options.lossFnConfig, forwardOnly: false }),
    finish: E.right,
  };
  const update = { ...optimStepOrder(calls.sender, adamParams, options), call };
  const preparedPass = calls.prepare(pass);
  const preparedUpdate = calls.prepare(update);
  if (E.isRight(preparedPass) && E.isRight(preparedUpdate)) {
    return new TrainingStep(calls.enqueue(pass, preparedPass.right), calls.enqueue(update, preparedUpdate.right));
  }
  return new TrainingStep(
    calls.refuse(pass.kind, E.isLeft(preparedPass) ? preparedPass.left : notSent(update.kind)),
    calls.refuse(update.kind, E.isLeft(preparedUpdate) ? preparedUpdate.left : notSent(pass.kind)),
  );
}

function notSent(other: string): TinkerError {
  return new TinkerError('cancelled', `not sent, since the ${other} of the same step was refused`);
}
