/** Whose mistake a failure is: `user` when other input would succeed, `server` when it would not. */
export type EngineErrorCategory = 'user' | 'server';

/**
 * Thrown when the training engine cannot do what it was asked.
 *
 * The category goes out unchanged as the category of the failed future (wire protocol §3); the
 * message names the field, what was given and what is allowed, so it can be shown as it is; where files lie on
 * this machine is left out of it, and kept in the cause.
 */
export class EngineError extends Error {
  readonly category: EngineErrorCategory;

  constructor(category: EngineErrorCategory, message: string, options?: { cause?: unknown }) {
    super(withoutPlaces(message), options);
    this.name = 'EngineError';
    this.category = category;
  }
}

/** Shorthand for the common case: input that can be corrected by the caller. */
export function userError(message: string, cause?: unknown): EngineError {
  return new EngineError('user', message, cause === undefined ? undefined : { cause });
}

const place = /(?<![\w.:/-])\/[^\s/'"`:,;)]+(\/[^\s'"`:,;)]*)+|[A-Za-z]:\\[^\s'"`:,;)]+|file:\/\/[^\s'"`,;)]+/g;

/** A text for clients, who need not know where something lies on this machine. */
export function withoutPlaces(text: string): string {
  return text.replace(place, '…');
}

/** The message of anything thrown, also of an error from another realm or thread. */
export function messageOf(error: unknown): string {
  const isError = typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
  return isError ? String(error.message) : String(error);
}
