import { billingUsage } from '../../api/billing.js';
import type { BillingUsageRequest, UsageEvent } from '../../types/billing.js';
import { storageByHour } from './billing-storage.js';
import { hourMs, type UsageBucket } from './billing-usage.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { sessionOfRun } from '../runs/run-ids.js';
import { answer, type ServerApp } from '../routing.js';
import { textsOf } from '../runs/run-listing.js';
import { localUser } from '../tokens.js';

const longestRangeMs = 14 * 24 * hourMs;

/** What this server was used for, by UTC hour (wire protocol §2.8). */
export function addBillingRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, billingUsage, (request) => {
    const { from, before } = rangeOf(request, api.clock.now());
    const buckets = api.usage.between(from, before, storedNow(api, from, before));
    const sessionIds = [...new Set(buckets.map(({ sessionId }) => sessionId))];
    return {
      data: buckets.map((bucket) => eventOf(bucket, api.sessions.find(bucket.sessionId)?.projectId)),
      sessions: Object.fromEntries(sessionIds.map((sessionId) => [sessionId, { userMetadata: textsOf(api.sessions.find(sessionId)?.userMetadata ?? {}) }])),
    };
  });
}

function rangeOf({ startingOn, endingBefore }: BillingUsageRequest, now: number): { from: number; before: number } {
  const [from, before] = [startingOn.getTime(), endingBefore.getTime()];
  for (const [field, ms, given] of [['starting_on', from, startingOn], ['ending_before', before, endingBefore]] as const) {
    if (ms % hourMs !== 0) throw new HttpError(400, `${field}: got ${given.toISOString()}, expected the start of an hour in UTC`);
  }
  if (from > now) throw new HttpError(400, `starting_on: got ${startingOn.toISOString()}, expected a time that is not in the future`);
  if (before <= from) throw new HttpError(400, `ending_before: got ${endingBefore.toISOString()}, expected a time after starting_on`);
  if (before - from > longestRangeMs) throw new HttpError(400, `ending_before: got ${endingBefore.toISOString()}, expected at most 14 days after starting_on`);
  return { from, before };
}

/** What the checkpoints that are still there take; what others took was noted when they went. */
function storedNow({ checkpoints, clock }: LocalApi, from: number, before: number): UsageBucket[] {
  return checkpoints.list().flatMap(({ modelId, baseModel, createdAt, sizeBytes }) => {
    const shares = storageByHour(sizeBytes, Math.max(from, Date.parse(createdAt)), Math.min(before, clock.now()));
    const facts = { sessionId: sessionOfRun(modelId), baseModel, type: 'storage', cached: false } as const;
    return shares.map(({ hour, gigabyteHours }) => ({ ...facts, hour, amount: gigabyteHours }));
  });
}

function eventOf(bucket: UsageBucket, projectId: string | undefined): UsageEvent {
  const { hour, sessionId, baseModel } = bucket;
  return {
    bucketStart: new Date(hour),
    bucketEnd: new Date(hour + hourMs),
    baseModel,
    userId: localUser,
    userName: 'local',
    sessionId,
    projectId,
    eventInfo: infoOf(bucket),
  };
}

function infoOf({ type, cached, amount }: UsageBucket): UsageEvent['eventInfo'] {
  switch (type) {
    case 'training':
    case 'sampling_sample':
      return { type, tokenCount: amount };
    case 'sampling_prefill':
      return { type, cached, tokenCount: amount };
    case 'checkpoint':
      return { type, count: amount };
    case 'storage':
      return { type, gigabyteHours: amount };
  }
}
