import { describe, expect, it } from '@jest/globals';
import {
  Acknowledgement,
  ClientConfig,
  ClientConfigRequest,
  CreateSessionRequest,
  CreateSessionResponse,
  defaultClientConfig,
  Health,
  ServerCapabilities,
  SessionHeartbeatRequest,
} from '../../src/types/service.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor } from '../support/codec.js';

const defaults = {
  pjwtAuthEnabled: false,
  credentialDefaultSource: 'api_key',
  sampleDispatchBytes: 10_485_760,
  inflightResponseBytes: 52_428_800,
  parallelFwdbwdChunks: true,
  protoCompressFwdbwd: false,
  fwdbwdMaxChunkLen: 1024,
  fwdbwdMaxChunkBytesCount: 5_000_000,
  fwdbwdDispatchBytes: 50_000_000,
  billingMaxPauseSeconds: 3600,
  sampleNoRetries: false,
  sampleEnableStuckDetection: true,
  sampleMaxConcurrentRequests: 2000,
  usePyqwestTransport: true,
  createModelViaLoadWeights: false,
};

describe('ClientConfigRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(ClientConfigRequest, { sdkVersion: '0.25.0' }, '{"sdk_version":"0.25.0"}');
  });
});

describe('ClientConfig', () => {
  it('has the defaults of the protocol where the server leaves things out', () => {
    expect(defaultClientConfig).toEqual(defaults);
    assertDecodes(ClientConfig, {}, defaults);
    assertDecodes(ClientConfig, { pjwt_auth_enabled: false, strange: 1 }, defaults);
  });

  it('takes what the server says', () => {
    assertStandsFor(
      ClientConfig,
      {
        pjwtAuthEnabled: true,
        credentialDefaultSource: 'credential_cmd',
        sampleDispatchBytes: 6,
        inflightResponseBytes: 1,
        parallelFwdbwdChunks: false,
        protoCompressFwdbwd: true,
        fwdbwdMaxChunkLen: 2,
        fwdbwdMaxChunkBytesCount: 3,
        fwdbwdDispatchBytes: 4,
        billingMaxPauseSeconds: 5,
        sampleNoRetries: true,
        sampleEnableStuckDetection: false,
        sampleMaxConcurrentRequests: 7,
        usePyqwestTransport: false,
        createModelViaLoadWeights: true,
      },
      '{"pjwt_auth_enabled":true,"credential_default_source":"credential_cmd","sample_dispatch_bytes_semaphore_size":6,' +
        '"inflight_response_bytes_semaphore_size":1,"parallel_fwdbwd_chunks":false,"proto_compress_fwdbwd":true,"fwdbwd_max_chunk_len":2,' +
        '"fwdbwd_max_chunk_bytes_count":3,"fwdbwd_dispatch_bytes_semaphore_size":4,"billing_exception_max_pause_duration_sec":5,' +
        '"sample_no_retries":true,"sample_enable_stuck_detection":false,"sample_max_concurrent_requests":7,"use_pyqwest_transport":false,' +
        '"create_model_via_load_weights":true}',
    );
  });

  it('refuses a setting of the wrong type', () => {
    assertRejects(ClientConfig, { fwdbwd_max_chunk_len: '1024' }, 'fwdbwd_max_chunk_len: got "1024", expected a whole number');
  });
});

describe('ServerCapabilities', () => {
  it('lists models, of which little may be known', () => {
    assertDecodes(
      ServerCapabilities,
      { supported_models: [{ model_name: 'Qwen/Qwen3-8B', max_context_length: 32768 }, { model_name: 'local/tiny' }, { model_name: null, max_context_length: null }] },
      { supportedModels: [{ modelName: 'Qwen/Qwen3-8B', maxContextLength: 32768 }, { modelName: 'local/tiny' }, {}] },
    );
  });

  it('names the model that is wrong', () => {
    assertRejects(ServerCapabilities, { supported_models: [{}, { max_context_length: 1.5 }] }, 'supported_models.1.max_context_length: got 1.5, expected a whole number');
    assertRejects(ServerCapabilities, {}, 'supported_models: got undefined, expected ReadonlyArray<SupportedModel>');
  });
});

describe('Health', () => {
  it('is ok or nothing', () => {
    assertStandsFor(Health, { status: 'ok' }, '{"status":"ok"}');
    assertRejects(Health, { status: 'starting' }, 'status: got "starting", expected "ok"');
  });
});

describe('CreateSessionRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(
      CreateSessionRequest,
      { tags: [], userMetadata: { a: 'b' }, sdkVersion: '0.25.0', type: 'create_session' },
      '{"tags":[],"user_metadata":{"a":"b"},"sdk_version":"0.25.0","type":"create_session"}',
    );
    assertStandsFor(
      CreateSessionRequest,
      { tags: ['b', 'a'], userMetadata: {}, sdkVersion: '0.25.0', projectId: 'proj', type: 'create_session' },
      '{"tags":["b","a"],"user_metadata":{},"sdk_version":"0.25.0","project_id":"proj","type":"create_session"}',
    );
  });

  it('always sends tags and metadata', () => {
    assertEncodes(
      CreateSessionRequest,
      CreateSessionRequest.make({ sdkVersion: '0.25.0' }),
      '{"tags":[],"user_metadata":{},"sdk_version":"0.25.0","type":"create_session"}',
    );
  });

  it('keeps metadata of any depth and a field named __proto__', () => {
    const text = '{"tags":[],"user_metadata":{"__proto__":{"polluted":true},"list":[1,[null]]},"sdk_version":"0.25.0","type":"create_session"}';
    const request = CreateSessionRequest.make({ sdkVersion: '0.25.0', userMetadata: JSON.parse('{"__proto__":{"polluted":true},"list":[1,[null]]}') });
    assertEncodes(CreateSessionRequest, request, text);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('CreateSessionResponse', () => {
  it('holds the session and what the server has to say', () => {
    assertDecodes(
      CreateSessionResponse,
      { type: 'create_session', info_message: 'hello', warning_message: null, error_message: '', session_id: 'S1' },
      { sessionId: 'S1', infoMessage: 'hello', errorMessage: '' },
    );
    assertDecodes(CreateSessionResponse, { session_id: 'session_1a2b3c4d' }, { sessionId: 'session_1a2b3c4d' });
  });

  it('is nothing without a session', () => {
    assertRejects(CreateSessionResponse, {}, 'session_id: got undefined, expected string');
  });
});

describe('SessionHeartbeatRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(SessionHeartbeatRequest, { sessionId: 'S1', type: 'session_heartbeat' }, '{"session_id":"S1","type":"session_heartbeat"}');
  });
});

describe('Acknowledgement', () => {
  it('is any object', () => {
    assertDecodes(Acknowledgement, {}, {});
    assertDecodes(Acknowledgement, { type: 'session_heartbeat', more: 1 }, { type: 'session_heartbeat' });
    assertRejects(Acknowledgement, null, 'the body: got null, expected an object');
  });
});
