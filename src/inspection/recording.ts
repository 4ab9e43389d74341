import { TinkerError } from '../types/errors.js';
import type { Watcher } from './watcher.js';

export interface RecordingOptions {
  readonly file: string;
  readonly maxBytes?: number | undefined;
  readonly maxFiles?: number | undefined;
}

/** Writes what is told of services to a file, one record a line. */
export function recordTo(options: RecordingOptions): Watcher {
  throw new TinkerError('validation', `inspect.file: ${options.file} cannot be written yet`);
}
