import type { ServiceConfig } from '../config.js';
import type { FuturePolicy } from '../machines/future-messages.js';
import type { RequestPolicy } from '../machines/request-messages.js';
import type { ClientConfig } from '../types/service.js';

// As long as the official client waits; servers answer before that (wire protocol §3.1).
const pollTimeoutMs = 45_000;

/** How long requests are tried and results are asked for, by the caller's options and the server's settings. */
export function policiesOf(config: ServiceConfig, server: ClientConfig): { requestPolicy: RequestPolicy; futurePolicy: FuturePolicy } {
  return { requestPolicy: requestPolicyOf(config, server), futurePolicy: futurePolicyOf(config, server) };
}

/** How long requests are tried. */
export function requestPolicyOf({ timeoutMs, requestDeadlineMs }: ServiceConfig, server: ClientConfig): RequestPolicy {
  return { attemptTimeoutMs: timeoutMs, deadlineMs: requestDeadlineMs, billingDeadlineMs: server.billingMaxPauseSeconds * 1000 };
}

/** How long results are asked for. */
export function futurePolicyOf({ unreachableDeadlineMs }: ServiceConfig, server: ClientConfig): FuturePolicy {
  return { pollTimeoutMs, unreachableDeadlineMs, billingDeadlineMs: server.billingMaxPauseSeconds * 1000 };
}
