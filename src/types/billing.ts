import * as t from 'io-ts';
import { isRecord } from './check.js';
import { DateTime } from './date-time.js';
import { FiniteNumber, Integer, UserMetadata } from './ids.js';
import { constant, field, filled, message, optional, type WireObject } from './message.js';
import { recordOf } from './record.js';

/** Asks what was used from one moment to another (wire protocol §2.8). */
export const BillingUsageRequest = message('BillingUsageRequest', {
  startingOn: field('starting_on', DateTime),
  endingBefore: field('ending_before', DateTime),
});
export type BillingUsageRequest = t.TypeOf<typeof BillingUsageRequest>;

const TrainingUsage = message('TrainingUsage', {
  type: constant('type', 'training'),
  /** Tokens that passes were made over. */
  tokenCount: field('token_count', Integer),
});

const SamplingPrefillUsage = message('SamplingPrefillUsage', {
  type: constant('type', 'sampling_prefill'),
  /** Whether the server had the tokens in its cache. */
  cached: field('cached', t.boolean),
  /** Tokens of prompts. */
  tokenCount: field('token_count', Integer),
});

const SamplingSampleUsage = message('SamplingSampleUsage', {
  type: constant('type', 'sampling_sample'),
  /** Tokens that were drawn. */
  tokenCount: field('token_count', Integer),
});

const CheckpointUsage = message('CheckpointUsage', {
  type: constant('type', 'checkpoint'),
  /** Checkpoints that were saved. */
  count: field('count', Integer),
});

const StorageUsage = message('StorageUsage', {
  type: constant('type', 'storage'),
  /** What was kept, times how long. */
  gigabyteHours: field('gigabyte_hours', FiniteNumber),
});

const KnownUsage = t.union([TrainingUsage, SamplingPrefillUsage, SamplingSampleUsage, CheckpointUsage, StorageUsage], 'UsageEventInfo');
type KnownUsage = t.TypeOf<typeof KnownUsage>;

/** Usage of a type that this version does not know, as the server sent it. */
export interface OtherUsage {
  /** Stands for whatever the server calls it; that is in `wire`. */
  readonly type: 'other';
  /** The whole object, by wire names. */
  readonly wire: WireObject;
}

const variants: ReadonlyMap<unknown, t.Decoder<unknown, KnownUsage>> = new Map<unknown, t.Decoder<unknown, KnownUsage>>([
  ['training', TrainingUsage],
  ['sampling_prefill', SamplingPrefillUsage],
  ['sampling_sample', SamplingSampleUsage],
  ['checkpoint', CheckpointUsage],
  ['storage', StorageUsage],
]);

const isOther = (value: unknown): value is OtherUsage => isRecord(value) && value['type'] === 'other' && isRecord(value['wire']);

/**
 * What was used, told apart by `type` (§2.8). A type that is not known becomes `other`: one new line in
 * a bill must not make all of it unreadable.
 */
export const UsageEventInfo = new t.Type<KnownUsage | OtherUsage, WireObject>(
  'UsageEventInfo',
  (value): value is KnownUsage | OtherUsage => KnownUsage.is(value) || isOther(value),
  (value, context) => {
    if (!isRecord(value) || typeof value['type'] !== 'string') return t.failure(value, context, 'expected an object with a type');
    const variant = variants.get(value['type']);
    return variant === undefined ? t.success({ type: 'other', wire: value }) : variant.validate(value, context);
  },
  (usage) => (usage.type === 'other' ? usage.wire : KnownUsage.encode(usage)),
);
export type UsageEventInfo = t.TypeOf<typeof UsageEventInfo>;

/** What was used within one span of time (§2.8). */
export const UsageEvent = message('UsageEvent', {
  /** The first moment of the span. */
  bucketStart: field('bucket_start', DateTime),
  /** The moment after the last. */
  bucketEnd: field('bucket_end', DateTime),
  /** Absent where the usage belongs to no model, as do the following to no user, session or project. */
  baseModel: optional('base_model', t.string),
  /** Who used it. */
  userId: optional('user_id', t.string),
  /** The same for reading. */
  userName: optional('user_name', t.string),
  /** The session it was used in; a key of `BillingUsageResponse.sessions`. */
  sessionId: optional('session_id', t.string),
  /** The project of that session. */
  projectId: optional('project_id', t.string),
  /** What was used, and how much of it. */
  eventInfo: field('event_info', UsageEventInfo),
});
export type UsageEvent = t.TypeOf<typeof UsageEvent>;

const UsageSession = message('UsageSession', { userMetadata: optional('user_metadata', UserMetadata) });

/** What was used, and in which sessions (§2.8). */
export const BillingUsageResponse = message('BillingUsageResponse', {
  /** One entry per span and kind of usage. */
  data: field('data', t.readonlyArray(UsageEvent)),
  /** By session id. */
  sessions: filled('sessions', recordOf(UsageSession, 'UsageSessions'), {}),
});
export type BillingUsageResponse = t.TypeOf<typeof BillingUsageResponse>;
