import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { authToken, clientConfig, createSession, dynamicConfig, getServerCapabilities, healthz, sessionHeartbeat } from '../../src/api/service.js';
import { CreateSessionRequest, defaultClientConfig, DynamicConfig, SessionHeartbeatRequest } from '../../src/types/service.js';
import { assertExchange } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

describe('service endpoints', () => {
  it('ask for the settings', async () => {
    expect(clientConfig.path).toBe('/api/v1/client/config');
    await assertExchange(clientConfig, { sdkVersion: '0.25.0' }, {
      sent: '{"sdk_version":"0.25.0"}',
      answer: { pjwt_auth_enabled: false, fwdbwd_max_chunk_len: 16 },
      read: { ...defaultClientConfig, fwdbwdMaxChunkLen: 16 },
    });
  });

  it('ask for the settings that may change, within ten seconds', async () => {
    expect([dynamicConfig.path, dynamicConfig.timeoutMs, DynamicConfig.make({})]).toEqual(['/api/v1/client/dynamic_config', 10_000, { refreshIntervalSec: 300 }]);
    await assertExchange(dynamicConfig, { sdkVersion: '0.25.0' }, {
      sent: '{"sdk_version":"0.25.0"}',
      answer: { refresh_interval_sec: 60 },
      read: { refreshIntervalSec: 60 },
    });
  });

  it('exchange a credential for a token', async () => {
    expect(authToken.path).toBe('/api/v1/auth/token');
    await assertExchange(authToken, {}, { sent: '{}', answer: { jwt: 'eyJ.a.b' }, read: { jwt: 'eyJ.a.b' } });
  });

  it('ask whether the server answers', async () => {
    expect([healthz.method, healthz.path]).toEqual(['GET', '/api/v1/healthz']);
    await assertExchange(healthz, undefined, { sent: '', answer: { status: 'ok' }, read: { status: 'ok' } });
  });

  it('ask what the server offers', async () => {
    expect([getServerCapabilities.method, getServerCapabilities.path]).toEqual(['GET', '/api/v1/get_server_capabilities']);
    await assertExchange(getServerCapabilities, undefined, {
      sent: '',
      answer: { supported_models: [{ model_name: 'local/tiny', max_context_length: 512 }] },
      read: { supportedModels: [{ modelName: 'local/tiny', maxContextLength: 512 }] },
    });
  });

  it('open a session', async () => {
    expect(createSession.path).toBe('/api/v1/create_session');
    await assertExchange(createSession, CreateSessionRequest.make({ userMetadata: { a: 'b' }, sdkVersion: '0.25.0' }), {
      sent: '{"tags":[],"user_metadata":{"a":"b"},"sdk_version":"0.25.0","type":"create_session"}',
      answer: { type: 'create_session', info_message: null, warning_message: null, error_message: null, session_id: 'S1' },
      read: { sessionId: 'S1' },
    });
  });

  it('keep a session alive, within ten seconds', async () => {
    expect([sessionHeartbeat.path, sessionHeartbeat.timeoutMs]).toEqual(['/api/v1/session_heartbeat', 10_000]);
    await assertExchange(sessionHeartbeat, SessionHeartbeatRequest.make({ sessionId: 'S1' }), {
      sent: '{"session_id":"S1","type":"session_heartbeat"}',
      answer: {},
      read: {},
    });
  });
});
