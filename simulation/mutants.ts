import type { Meddle } from './network/network.js';
import type { Quirks } from './server/server-host.js';

/** A mistake that is planted, to see whether it is found. */
export interface Mutant {
  readonly quirks?: Quirks;
  readonly meddle?: Meddle;
  /** Leaves a timer behind. */
  readonly leaksTimer?: boolean;
  /** Asks for each result twice as often. */
  readonly pollsTwice?: boolean;
}

const asItIs: Meddle = (request) => request;

/** Mistakes of clients and of servers, by name. */
export const mutants: Readonly<Record<string, Mutant>> = {
  none: {},
  'server executes twice': { quirks: { executesTwice: true } },
  'server ignores order': { quirks: { ignoresOrder: true } },
  'server forgets to execute': { quirks: { forgetsToExecute: true } },
  'server calls done failed': { quirks: { callsDoneFailed: true } },
  'client changes the key': {
    meddle: (request, { retryCount, submitted }) =>
      retryCount > 0 && submitted !== undefined ? { ...request, headers: { ...request.headers, 'x-idempotency-key': `other-${retryCount}` } } : request,
  },
  'client changes the bytes': {
    meddle: (request, { retryCount, submitted }) =>
      retryCount > 0 && submitted !== undefined && typeof request.body === 'string' ? { ...request, body: `${request.body} ` } : request,
  },
  'client draws a new number': {
    meddle: (request, { retryCount, submitted }) =>
      retryCount > 0 && submitted !== undefined && typeof request.body === 'string'
        ? { ...request, body: request.body.replace(/"seq_id":(\d+)/, (_, seqId: string) => `"seq_id":${Number(seqId) + 1}`) }
        : request,
  },
  'client leaves a timer': { leaksTimer: true },
};

export function meddleOf({ meddle = asItIs }: Mutant): Meddle {
  return meddle;
}
