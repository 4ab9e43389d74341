import { describe, it } from '@jest/globals';
import {
  GenericEvent,
  SessionEndEvent,
  SessionStartEvent,
  TelemetryRequest,
  TelemetryResponse,
  UnhandledExceptionEvent,
} from '../../src/types/telemetry.js';
import { assertDecodes, assertRejects, assertStandsFor } from '../support/codec.js';

const common = { eventId: 'E', eventSessionIndex: 3, severity: 'INFO', timestamp: 'T' } as const;
const start = { event: 'SESSION_START', ...common } as const;
const startText = '{"event":"SESSION_START","event_id":"E","event_session_index":3,"severity":"INFO","timestamp":"T"}';

describe('telemetry events', () => {
  it('write their fields in the order of the protocol', () => {
    assertStandsFor(SessionStartEvent, start, startText);
    assertStandsFor(
      SessionEndEvent,
      { duration: '0:00:12', event: 'SESSION_END', ...common },
      '{"duration":"0:00:12","event":"SESSION_END","event_id":"E","event_session_index":3,"severity":"INFO","timestamp":"T"}',
    );
    assertStandsFor(
      UnhandledExceptionEvent,
      { errorMessage: 'm', errorType: 'http', event: 'UNHANDLED_EXCEPTION', ...common, traceback: 'at' },
      '{"error_message":"m","error_type":"http","event":"UNHANDLED_EXCEPTION","event_id":"E","event_session_index":3,"severity":"INFO","timestamp":"T","traceback":"at"}',
    );
    assertStandsFor(
      GenericEvent,
      { event: 'GENERIC_EVENT', ...common, eventName: 'user_error', eventData: { status_code: 400 } },
      '{"event":"GENERIC_EVENT","event_id":"E","event_name":"user_error","event_session_index":3,"severity":"INFO","timestamp":"T","event_data":{"status_code":400}}',
    );
  });

  it('must name what they are', () => {
    assertRejects(SessionStartEvent, { event_id: 'E', event_session_index: 3, severity: 'INFO', timestamp: 'T' }, 'event: got undefined, expected "SESSION_START"');
    assertRejects(SessionStartEvent, { ...JSON.parse(startText), severity: 'LOUD' }, 'severity: got "LOUD", expected Severity');
  });
});

describe('TelemetryRequest', () => {
  it('holds the events, then who sends them', () => {
    assertStandsFor(
      TelemetryRequest,
      { events: [start], platform: 'Linux', sdkVersion: '1', sessionId: 'S', processUuid: 'P' },
      `{"events":[${startText}],"platform":"Linux","sdk_version":"1","session_id":"S","process_uuid":"P"}`,
    );
  });

  it('may come without a process', () => {
    assertDecodes(
      TelemetryRequest,
      { events: [], platform: 'Linux', sdk_version: '1', session_id: 'S', process_uuid: null },
      { events: [], platform: 'Linux', sdkVersion: '1', sessionId: 'S' },
    );
  });
});

describe('TelemetryResponse', () => {
  it('is acceptance and nothing else', () => {
    assertStandsFor(TelemetryResponse, { status: 'accepted' }, '{"status":"accepted"}');
    assertRejects(TelemetryResponse, { status: 'ok' }, 'status: got "ok", expected "accepted"');
  });
});
