import * as t from 'io-ts';
import { DateTime } from './date-time.js';
import { field, filled, message, optional } from './message.js';

/** Which events are asked for; the two mean the same at present (wire protocol §2.8). */
export const AuditEventType = t.keyof({ all: null, checkpoints: null }, 'AuditEventType');
export type AuditEventType = t.TypeOf<typeof AuditEventType>;

/** Asks for the audit log of one day (§2.8). */
export const AuditLogRequest = message('AuditLogRequest', {
  eventType: filled('event_type', AuditEventType, 'all'),
  /** `YYYY-MM-DD`, a day in UTC; absent: today. */
  day: optional('day', t.string),
});
export type AuditLogRequest = t.TypeOf<typeof AuditLogRequest>;

/** One thing that was done (§2.8). */
export const AuditLogEntry = message('AuditLogEntry', {
  /** When it was done. */
  timestamp: field('timestamp', DateTime),
  /** What was done, in the server's words. */
  event: field('event', t.string),
  /** The model, or training run, that it was done to. */
  modelId: optional('model_id', t.string),
  /** The checkpoint that it was done to. */
  tinkerPath: optional('tinker_path', t.string),
  /** What for, in the server's words. */
  purpose: optional('purpose', t.string),
});
export type AuditLogEntry = t.TypeOf<typeof AuditLogEntry>;

/** The audit log of one day, in order of time (§2.8). */
export const AuditLogResponse = message('AuditLogResponse', {
  /** In order of time. */
  entries: field('entries', t.readonlyArray(AuditLogEntry)),
});
export type AuditLogResponse = t.TypeOf<typeof AuditLogResponse>;
