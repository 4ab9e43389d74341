import { EngineError } from '../engine-error.js';

/** Why a sample has no result that its client gave up. */
export function cancelled(): EngineError {
  return new EngineError('user', 'The sample was cancelled by its client.');
}
