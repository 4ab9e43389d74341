import * as t from 'io-ts';
import { Integer } from './ids.js';
import { field, message, optional } from './message.js';
import { recordOf } from './record.js';

/** How much an event matters. */
export const Severity = t.keyof({ DEBUG: null, INFO: null, WARNING: null, ERROR: null, CRITICAL: null }, 'Severity');
export type Severity = t.TypeOf<typeof Severity>;

// Each event writes its own fields in its own place among these, hence one record a field.
const id = { eventId: field('event_id', t.string) };
const index = { eventSessionIndex: field('event_session_index', Integer) };
const severity = { severity: field('severity', Severity) };
const timestamp = { timestamp: field('timestamp', t.string) };
const rest = { ...index, ...severity, ...timestamp };

/** A session was opened (wire protocol §8.2). */
export const SessionStartEvent = message('SessionStartEvent', {
  event: field('event', t.literal('SESSION_START')),
  ...id,
  ...rest,
});
export type SessionStartEvent = t.TypeOf<typeof SessionStartEvent>;

/** A session was closed (§8.2). */
export const SessionEndEvent = message('SessionEndEvent', {
  /** As Python writes a time span: `0:00:12.345678`. */
  duration: field('duration', t.string),
  event: field('event', t.literal('SESSION_END')),
  ...id,
  ...rest,
});
export type SessionEndEvent = t.TypeOf<typeof SessionEndEvent>;

/** Something failed that is not the user's to mend (§8.2). */
export const UnhandledExceptionEvent = message('UnhandledExceptionEvent', {
  errorMessage: field('error_message', t.string),
  errorType: field('error_type', t.string),
  event: field('event', t.literal('UNHANDLED_EXCEPTION')),
  ...id,
  ...rest,
  /** Never sent by this client: it holds paths of the machine. */
  traceback: optional('traceback', t.string),
});
export type UnhandledExceptionEvent = t.TypeOf<typeof UnhandledExceptionEvent>;

/** Anything else, under a name of its own (§8.2). */
export const GenericEvent = message('GenericEvent', {
  event: field('event', t.literal('GENERIC_EVENT')),
  ...id,
  eventName: field('event_name', t.string),
  ...rest,
  eventData: field('event_data', recordOf(t.unknown, 'EventData')),
});
export type GenericEvent = t.TypeOf<typeof GenericEvent>;

/** One event; they are told apart by `event`. */
export const TelemetryEvent = t.union([SessionStartEvent, SessionEndEvent, UnhandledExceptionEvent, GenericEvent], 'TelemetryEvent');
export type TelemetryEvent = t.TypeOf<typeof TelemetryEvent>;

/** 1 to 100 events, and who they come from (§8.1). */
export const TelemetryRequest = message('TelemetryRequest', {
  events: field('events', t.readonlyArray(TelemetryEvent)),
  /** `Linux`, `Darwin`, `Windows`. */
  platform: field('platform', t.string),
  sdkVersion: field('sdk_version', t.string),
  /** The session's id, or `sessionless-` and a uuid before there is one. */
  sessionId: field('session_id', t.string),
  /** One uuid per process; older clients send none. */
  processUuid: optional('process_uuid', t.string),
});
export type TelemetryRequest = t.TypeOf<typeof TelemetryRequest>;

/** The server has the events (§8.1). */
export const TelemetryResponse = message('TelemetryResponse', { status: field('status', t.literal('accepted')) });
export type TelemetryResponse = t.TypeOf<typeof TelemetryResponse>;
