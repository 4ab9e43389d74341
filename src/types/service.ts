import * as t from 'io-ts';
import { Integer, UserMetadata } from './ids.js';
import { constant, field, filled, message, optional } from './message.js';

/** Asks for the server's settings (wire protocol §2.1). */
export const ClientConfigRequest = message('ClientConfigRequest', { sdkVersion: field('sdk_version', t.string) });
export type ClientConfigRequest = t.TypeOf<typeof ClientConfigRequest>;

/** Settings that a server may change for its clients; what it leaves out keeps the default (§2.1). */
export const ClientConfig = message('ClientConfig', {
  /** Whether credentials are exchanged for short-lived tokens (§1.3). */
  pjwtAuthEnabled: filled('pjwt_auth_enabled', t.boolean, false),
  /** Which credential is exchanged: `api_key`, or `credential_cmd` for the command's (§1.3). */
  credentialDefaultSource: filled('credential_default_source', t.string, 'api_key'),
  /** Estimated bytes of prompts that may be on their way at once (§4.7). */
  sampleDispatchBytes: filled('sample_dispatch_bytes_semaphore_size', Integer, 10_485_760),
  /** Bytes of large results that may be downloaded at once, over all futures (§3.4). */
  inflightResponseBytes: filled('inflight_response_bytes_semaphore_size', Integer, 52_428_800),
  /** Whether the chunks of one pass are submitted together (§4.4). */
  parallelFwdbwdChunks: filled('parallel_fwdbwd_chunks', t.boolean, true),
  /** Whether bodies of passes are compressed with zstd (§1.4). */
  protoCompressFwdbwd: filled('proto_compress_fwdbwd', t.boolean, false),
  /** Most datums in a chunk (§4.3). */
  fwdbwdMaxChunkLen: filled('fwdbwd_max_chunk_len', Integer, 1024),
  /** Most estimated bytes in a chunk (§4.3). */
  fwdbwdMaxChunkBytesCount: filled('fwdbwd_max_chunk_bytes_count', Integer, 5_000_000),
  /** Estimated bytes of chunks that may be on their way at once (§4.7). */
  fwdbwdDispatchBytes: filled('fwdbwd_dispatch_bytes_semaphore_size', Integer, 50_000_000),
  /** Seconds for which a billing block (402) is waited out (§3.7). */
  billingMaxPauseSeconds: filled('billing_exception_max_pause_duration_sec', Integer, 3600),
  /** Whether a failed sample is not tried again (§3.8). */
  sampleNoRetries: filled('sample_no_retries', t.boolean, false),
  /** Whether sampling gives up when nothing has come back for long (§3.8). */
  sampleEnableStuckDetection: filled('sample_enable_stuck_detection', t.boolean, true),
  /** Samples of one client that may be on their way at once (§4.7). */
  sampleMaxConcurrentRequests: filled('sample_max_concurrent_requests', Integer, 2000),
  /** Which transport the Python SDK takes; means nothing to us, but a server has to be able to say it. */
  usePyqwestTransport: filled('use_pyqwest_transport', t.boolean, true),
  /** Whether a model may be created by loading a checkpoint, in one request (§2.5). */
  createModelViaLoadWeights: filled('create_model_via_load_weights', t.boolean, false),
});
export type ClientConfig = t.TypeOf<typeof ClientConfig>;

/** The settings of a server that names none. */
export const defaultClientConfig: ClientConfig = ClientConfig.make({});

/** Settings that a server may change while its clients run (§2.1). */
export const DynamicConfig = message('DynamicConfig', {
  /** Seconds until they are asked for again. */
  refreshIntervalSec: filled('refresh_interval_sec', Integer, 300),
});
export type DynamicConfig = t.TypeOf<typeof DynamicConfig>;

/** Asks for a short-lived token in exchange for the credential that the request carries (§1.3). */
export const AuthTokenRequest = message('AuthTokenRequest', {});

/** The token. */
export const AuthTokenResponse = message('AuthTokenResponse', { jwt: field('jwt', t.string) });
export type AuthTokenResponse = t.TypeOf<typeof AuthTokenResponse>;

/** One base model that the server offers. */
export const SupportedModel = message('SupportedModel', {
  /** What `createLoraTrainingClient` and `createSamplingClient` call it. */
  modelName: optional('model_name', t.string),
  /** In tokens. */
  maxContextLength: optional('max_context_length', Integer),
});
export type SupportedModel = t.TypeOf<typeof SupportedModel>;

/** What the server can do (§2.1). */
export const ServerCapabilities = message('ServerCapabilities', {
  /** The base models that can be trained or sampled from. */
  supportedModels: field('supported_models', t.readonlyArray(SupportedModel)),
});
export type ServerCapabilities = t.TypeOf<typeof ServerCapabilities>;

/** Whether the server answers (§2.1). */
export const Health = message('Health', { status: field('status', t.literal('ok')) });
export type Health = t.TypeOf<typeof Health>;

/** Opens a session (§2.2). */
export const CreateSessionRequest = message('CreateSessionRequest', {
  tags: filled('tags', t.readonlyArray(t.string), []),
  userMetadata: filled('user_metadata', UserMetadata, {}),
  sdkVersion: field('sdk_version', t.string),
  projectId: optional('project_id', t.string),
  type: constant('type', 'create_session'),
});
export type CreateSessionRequest = t.TypeOf<typeof CreateSessionRequest>;

/** An open session, with what the server has to say to the user (§2.2). */
export const CreateSessionResponse = message('CreateSessionResponse', {
  sessionId: field('session_id', t.string),
  infoMessage: optional('info_message', t.string),
  warningMessage: optional('warning_message', t.string),
  errorMessage: optional('error_message', t.string),
});
export type CreateSessionResponse = t.TypeOf<typeof CreateSessionResponse>;

/** Keeps a session alive (§2.2). */
export const SessionHeartbeatRequest = message('SessionHeartbeatRequest', {
  sessionId: field('session_id', t.string),
  type: constant('type', 'session_heartbeat'),
});
export type SessionHeartbeatRequest = t.TypeOf<typeof SessionHeartbeatRequest>;

/** An answer of which nothing is read. */
export const Acknowledgement = message('Acknowledgement', { type: optional('type', t.string) });
export type Acknowledgement = t.TypeOf<typeof Acknowledgement>;
