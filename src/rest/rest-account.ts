import { auditLog } from '../api/audit.js';
import { billingUsage } from '../api/billing.js';
import type { Runtime } from '../service/runtime.js';
import { checkDay, checkMoment, limitsOf } from './rest-input.js';
import { AuditEventType, AuditLogRequest, type AuditLogResponse } from '../types/audit.js';
import { BillingUsageRequest, type BillingUsageResponse } from '../types/billing.js';
import { invalid } from '../types/errors.js';
import type { WaitOptions } from '../calls/wait.js';

/** From when to when usage is asked for. */
export interface BillingUsageOptions extends WaitOptions {
  /** The first moment: a full hour in UTC, not in the future; a `Date` or RFC 3339 text. */
  readonly startingOn: Date | string;
  /** The moment after the last: a full hour in UTC, at most 14 days later. */
  readonly endingBefore: Date | string;
}

/** Which entries of the audit log are asked for. */
export interface AuditLogOptions extends WaitOptions {
  /** `all`, the default, or `checkpoints`. */
  readonly eventType?: AuditEventType | undefined;
  /** `YYYY-MM-DD`, a day in UTC; default today. */
  readonly day?: string | undefined;
}

/** What was used; see `RestClient.getBillingUsage`. */
export async function usageOf(runtime: Runtime, options: BillingUsageOptions): Promise<BillingUsageResponse> {
  const limits = limitsOf(options, ['startingOn', 'endingBefore']);
  const startingOn = checkMoment('startingOn', options.startingOn);
  const endingBefore = checkMoment('endingBefore', options.endingBefore);
  if (endingBefore <= startingOn) throw invalid('endingBefore', endingBefore.toISOString(), `a moment after startingOn (${startingOn.toISOString()})`);
  return runtime.ask('getBillingUsage', limits, billingUsage, BillingUsageRequest.make({ startingOn, endingBefore }));
}

/** What was done; see `RestClient.getAuditLog`. */
export async function auditOf(runtime: Runtime, options: AuditLogOptions): Promise<AuditLogResponse> {
  const limits = limitsOf(options, ['eventType', 'day']);
  const { eventType = 'all', day } = options;
  if (!AuditEventType.is(eventType)) throw invalid('eventType', eventType, '"all" or "checkpoints"');
  const input = AuditLogRequest.make({ eventType, day: checkDay(day) });
  // The official client has this call's redirects followed, as those to a stored file.
  const ask = () =>
    runtime.perform('getAuditLog', (attempt) => runtime.http.call(auditLog, input, { ...attempt, redirect: 'withoutCredential' }));
  return runtime.within('getAuditLog', limits, ask);
}
