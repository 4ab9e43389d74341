/** What one trainer process is to do. */
export interface TrainerJob {
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
  readonly learningRate: number;
  /** File with the text to train on. */
  readonly text: string;
  readonly batchSize: number;
  /** In tokens. */
  readonly sequenceLength: number;
  /** First step to take; 1 without a checkpoint. */
  readonly firstStep: number;
  readonly lastStep: number;
  /** Save a checkpoint after this step. */
  readonly saveAfter?: number;
  /** Checkpoint to begin with, instead of a fresh adapter. */
  readonly resumeFrom?: string;
  /** Whether the checkpoint's optimizer state is taken along. */
  readonly withOptimizer?: boolean;
}

/** The job as the trainer's command line; its names are those of the fields, in kebab case. */
export function argumentsOf(job: TrainerJob): string[] {
  const { saveAfter, resumeFrom } = job;
  return [
    '--base-model', job.baseModel,
    '--rank', String(job.rank),
    // With "=", since a value may begin with a dash.
    `--seed=${job.seed}`,
    '--learning-rate', String(job.learningRate),
    `--text=${job.text}`,
    '--batch-size', String(job.batchSize),
    '--sequence-length', String(job.sequenceLength),
    '--first-step', String(job.firstStep),
    '--last-step', String(job.lastStep),
    ...(saveAfter === undefined ? [] : ['--save-after', String(saveAfter)]),
    ...(resumeFrom === undefined ? [] : ['--resume-from', resumeFrom]),
    ...(job.withOptimizer === true ? ['--with-optimizer'] : []),
  ];
}
