import { kindOf } from '../service/counters.js';
import type { ServiceActor } from '../machines/service-machine.js';
import { isTolerated } from './telemetry-events.js';
import type { TinkerErrorSummary } from '../types/errors.js';

type Failure = TinkerErrorSummary & { readonly cause?: unknown };

/**
 * Tells every error that reaches a caller, once, however many layers have passed it on: from requests,
 * operations, restores and the session, and from every training and sampling client that comes.
 */
export function watchFailures(actor: ServiceActor, tell: (error: Failure) => void): void {
  const told = new WeakSet<object>();
  const once = (error: Failure | undefined): void => {
    if (error === undefined || told.has(error)) return;
    const { cause } = error;
    const known = typeof cause === 'object' && cause !== null && told.has(cause);
    told.add(error);
    if (!known) tell(error);
  };
  actor.on('request.settled', ({ key, output }) => {
    // Settings are asked for again and again in the background, and done without.
    const kind = kindOf(key);
    if (kind !== 'dynamicConfig' && !isTolerated(kind, output.error?.status)) once(output.error);
  });
  actor.on('loneOperation.settled', ({ error }) => once(error));
  actor.on('restore.settled', ({ error }) => once(error));
  actor.on('session.failed', ({ error }) => once(error));
  actor.on('session.lost', ({ error }) => once(error));

  const watched = new WeakSet<object>();
  actor.subscribe(({ context: { trainings, samplings } }) => {
    for (const training of Object.values(trainings)) {
      if (watched.has(training)) continue;
      watched.add(training);
      training.on('operation.failed', ({ error }) => once(error));
    }
    for (const sampling of Object.values(samplings)) {
      if (watched.has(sampling)) continue;
      watched.add(sampling);
      sampling.subscribe(({ context }) => once(context.lastError));
    }
  });
}
