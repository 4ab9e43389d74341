/** Where the time of a save went, in milliseconds; the parts do not overlap. */
export interface CheckpointTimings {
  /** Laying the tensors out as file contents. */
  readonly serialiseMs: number;
  /** SHA-256 of the contents. */
  readonly hashMs: number;
  /** Writing the files. */
  readonly writeMs: number;
  /** Waiting until files and directories are on the disk, and renaming. */
  readonly syncMs: number;
  readonly totalMs: number;
}

/** Where the time of a load went, in milliseconds; the parts do not overlap. */
export interface LoadTimings {
  /** Reading the files. */
  readonly readMs: number;
  /** SHA-256 of the contents. */
  readonly hashMs: number;
  /** Decoding and checking the tensors, and copying them into the model. */
  readonly restoreMs: number;
  readonly totalMs: number;
}
