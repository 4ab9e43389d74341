/** What may befall one request or its answer on the way, or may be said instead of what the server says. */
export const networkFaults = [
  'refused connection',
  'reset before the body',
  'reset during the body',
  'reset after the body',
  'answer dropped',
  'stalled request',
  'late request',
  'request twice',
  'slow answer',
  'half an answer',
  'answer cut off',
  'malformed JSON',
  'malformed JSON instead',
  'malformed protobuf',
  'empty answer',
  'answer of another shape',
  'redirect',
] as const;

/** Statuses said before the server begins with a request. */
export const statusFaults = [400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504] as const;

/** Statuses said after the server has taken the request. */
export const lateStatusFaults = [408, 500, 502, 503, 504] as const;

/** What happens to the server, or to this machine, at some moment. */
export const worldFaults = [
  'restart, all kept',
  'restart, models lost',
  'restart, all lost',
  'outage',
  'token revoked',
  'wall clock jump',
  'machine asleep',
] as const;

/** How the server itself may behave, within the protocol. */
export const serverFaults = ['queue paused', 'future expired', 'operation failed', 'operation slow', 'large result', 'session expired'] as const;

/** What may befall the disk of a journal, and the process that writes it. */
export const diskFaults = ['disk full', 'disk error', 'torn write'] as const;
export const processFaults = ['process killed', 'power failure'] as const;

export type NetworkFault = (typeof networkFaults)[number];
export type WorldFault = (typeof worldFaults)[number];
export type ServerFault = (typeof serverFaults)[number];
export type DiskFault = (typeof diskFaults)[number];
export type ProcessFault = (typeof processFaults)[number];
/** `400 empty` is a proxy's. */
export type StatusFault = `${(typeof statusFaults)[number]}` | '400 empty' | `${(typeof lateStatusFaults)[number]} after executing`;
export type RequestFault = NetworkFault | StatusFault;
export type FaultKind = RequestFault | WorldFault | ServerFault | DiskFault | ProcessFault | 'Retry-After' | 'x-should-retry';

export const requestFaults: readonly RequestFault[] = [
  ...networkFaults,
  ...statusFaults.map((status) => `${status}` as const),
  '400 empty',
  ...lateStatusFaults.map((status) => `${status} after executing` as const),
];

export const allFaults: readonly FaultKind[] = [...requestFaults, ...worldFaults, ...serverFaults, ...diskFaults, ...processFaults, 'Retry-After', 'x-should-retry'];
