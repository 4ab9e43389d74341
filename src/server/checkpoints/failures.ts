import { types } from 'node:util';

/** Whether a file operation failed because there is nothing at that path. */
export function isMissing(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && error.code === 'ENOENT';
}
