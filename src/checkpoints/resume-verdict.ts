import { distance, lossOf, type Logprobs } from './resume-probe.js';

/** What a model says of the probe batch before and after the probe step. */
export interface Probe {
  readonly before: Logprobs;
  readonly after: Logprobs;
}

/** What the check has measured. */
export interface ResumeMeasurements {
  /** Of the fresh adapter, before the first step. */
  readonly untrained: Logprobs;
  readonly uninterrupted: Probe;
  readonly withOptimizer: Probe;
  readonly weightsOnly: Probe;
}

/**
 * What came back. `optimizer`: weights and optimizer state; `weightsOnly`: the weights, but not the optimizer
 * state, or not all of it; `nothing`: not even the weights; `unclear`: the probe step does not tell.
 */
export type ResumeVerdict = 'optimizer' | 'weightsOnly' | 'nothing' | 'unclear';

/** One way to the probe step, in nats per token. */
export interface ResumeWay {
  /** Loss of the probe batch before the probe step. */
  readonly lossBefore: number;
  /** The same after it. */
  readonly lossAfter: number;
  /** How far the log-probabilities before the step are from those of the uninterrupted run: the root mean square of the differences. */
  readonly distanceBefore: number;
  /** The same after it. */
  readonly distanceAfter: number;
}

/** What the numbers say. */
export interface ResumeFindings {
  /** Whether the optimizer state came back: `verdict` is `optimizer`. */
  readonly holds: boolean;
  /** What came back. */
  readonly verdict: ResumeVerdict;
  /** Whether the run that was resumed with the optimizer gave the very same numbers as the uninterrupted one. */
  readonly isExact: boolean;
  /** One or two sentences for people. */
  readonly text: string;
  /** The probe step without any interruption, which the others are compared with. */
  readonly uninterrupted: ResumeWay;
  /** The probe step after a resume with the optimizer's state. */
  readonly withOptimizer: ResumeWay;
  /** The probe step after a resume with a fresh optimizer. */
  readonly weightsOnly: ResumeWay;
}

// What came back is as close as rounding lets it be; what did not is as far as the step itself is long.
const closeShare = 0.1;
const noiseFactor = 4;

/** Judges the three ways. */
export function judgeResume({ untrained, uninterrupted, withOptimizer, weightsOnly }: ResumeMeasurements): ResumeFindings {
  const way = ({ before, after }: Probe): ResumeWay => ({
    lossBefore: lossOf(before),
    lossAfter: lossOf(after),
    distanceBefore: distance(before, uninterrupted.before),
    distanceAfter: distance(after, uninterrupted.after),
  });
  const ways = { uninterrupted: way(uninterrupted), withOptimizer: way(withOptimizer), weightsOnly: way(weightsOnly) };
  const { verdict, text } = verdictOf(distance(untrained, uninterrupted.before), ways.withOptimizer, ways.weightsOnly);
  const isExact = ways.withOptimizer.distanceBefore === 0 && ways.withOptimizer.distanceAfter === 0;
  return { holds: verdict === 'optimizer', verdict, isExact, text, ...ways };
}

function verdictOf(learnt: number, resumed: ResumeWay, fresh: ResumeWay): { readonly verdict: ResumeVerdict; readonly text: string } {
  if (learnt === 0) {
    return { verdict: 'unclear', text: 'Unclear: training changed nothing at all, so nothing can be seen to come back. Try a higher learning rate.' };
  }
  if (resumed.distanceBefore > closeShare * learnt) {
    return {
      verdict: 'nothing',
      text: `NOTHING came back: the resumed model is ${nats(resumed.distanceBefore)} from the one that was saved, and training had moved it by ${nats(learnt)}.`,
    };
  }
  if (fresh.distanceBefore > closeShare * learnt) {
    return { verdict: 'unclear', text: 'Unclear: a resume with the weights only brings other weights than one with the optimizer, so the two cannot be compared.' };
  }
  const noise = noiseFactor * Math.max(resumed.distanceBefore, fresh.distanceBefore);
  if (fresh.distanceAfter <= noise) {
    const text =
      'Unclear: the step after a resume with the weights only is the uninterrupted one too, so the probe does not tell whether the optimizer ' +
      'state came back. Either the server restores it unasked, or the step is too small: try a higher learning rate.';
    return { verdict: 'unclear', text };
  }
  const far = `a fresh optimizer is off by ${nats(fresh.distanceAfter)}`;
  if (resumed.distanceAfter > Math.max(closeShare * fresh.distanceAfter, noise)) {
    return {
      verdict: 'weightsOnly',
      text: `Only the WEIGHTS came back: the step after a resume with the optimizer is off by ${nats(resumed.distanceAfter)}, and ${far}.`,
    };
  }
  const same = resumed.distanceAfter === 0 ? 'the very same numbers as without interruption' : `within ${nats(resumed.distanceAfter)} of the uninterrupted one`;
  return { verdict: 'optimizer', text: `The optimizer state came back: the step after a resume gives ${same}, while ${far}.` };
}

function nats(value: number): string {
  return `${Number(value.toPrecision(2))} nats`;
}
