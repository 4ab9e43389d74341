import type { TinkerErrorKind } from '../types/errors.js';

const byKind: Readonly<Record<TinkerErrorKind, string>> = {
  validation: 'Mend the argument that the message names. Nothing was sent.',
  connection: 'See whether the server runs and this machine reaches it; the client has tried again for as long as it may.',
  timeout: 'See whether the server still works on it: its row in the timeline shows where the time went. Longer limits: timeoutMs, requestDeadlineMs.',
  http: 'The server refused the request: its message says why.',
  requestFailed: 'The server ran it and says that it failed: its message says why. A failure of the kind "user" fails again.',
  promiseExpired: 'The result is gone, the step itself may have been applied: restore from the last checkpoint to be sure.',
  malformedResponse: 'What answered may not be a Tinker server, or be of another version: check the base URL, and try "tinkerjs contract".',
  billing: 'Check the billing of the account, then call again.',
  sessionLost: 'Open a new ServiceClient and restore from the last checkpoint with createTrainingClientFromStateWithOptimizer.',
  cancelled: 'It was taken back by the program.',
  wedged: 'Decide: retry() sends the same request again, skip() gives it up and goes on. Until then nothing more is sent.',
  restoreFailed: 'Nothing is left behind on the server. Mend what the message names, then restore again.',
  journal: 'See the message: room on the disk, another process, or a step that cannot be repeated. Nothing was sent that the journal does not hold.',
};

const byStatus: Readonly<Record<number, string>> = {
  401: 'Check the API key: the server does not take it.',
  402: 'Check the billing of the account.',
  403: 'The key may not do this: check whose run or checkpoint it is.',
  404: 'Check the name or path: the server does not know it.',
  409: 'The name exists, or the number was used: choose another name, or pass overwrite.',
  413: 'Send less at once: smaller batches or shorter data.',
};

/** What to do next about an error of this kind. */
export function adviceFor(kind: string, status: number | undefined): string {
  const ofStatus = kind === 'http' && status !== undefined ? byStatus[status] : undefined;
  return ofStatus ?? (isKind(kind) ? byKind[kind] : 'See the message.');
}

function isKind(kind: string): kind is TinkerErrorKind {
  return Object.hasOwn(byKind, kind);
}
