import * as t from 'io-ts';
import { Integer, UserMetadata } from './ids.js';
import { constant, field, filled, message, optional } from './message.js';

/** Asks for the server's settings (wire protocol §2.1). */
export const ClientConfigRequest = message('ClientConfigRequest', { sdkVersion: field('sdk_version', t.string) });
export type ClientConfigRequest = t.TypeOf<typeof ClientConfigRequest>;

/** Settings that a server may change for its clients; what it leaves out keeps the default (§2.1). */
export const ClientConfig = message('ClientConfig', {
  /** Bytes of large results that may be downloaded at once, over all futures (§3.4). */
  inflightResponseBytes: filled('inflight_response_bytes_semaphore_size', Integer, 52_428_800),
  /** Whether the chunks of one pass are submitted together (§4.4). */
  parallelFwdbwdChunks: filled('parallel_fwdbwd_chunks', t.boolean, true),
  /** Most datums in a chunk (§4.3). */
  fwdbwdMaxChunkLen: filled('fwdbwd_max_chunk_len', Integer, 1024),
  /** Most estimated bytes in a chunk (§4.3). */
  fwdbwdMaxChunkBytesCount: filled('fwdbwd_max_chunk_bytes_count', Integer, 5_000_000),
  /** Estimated bytes of chunks that may be on their way at once (§4.7). */
  fwdbwdDispatchBytes: filled('fwdbwd_dispatch_bytes_semaphore_size', Integer, 50_000_000),
  /** Seconds for which a billing block (402) is waited out (§3.7). */
  billingMaxPauseSeconds: filled('billing_exception_max_pause_duration_sec', Integer, 3600),
  /** Whether a model may be created by loading a checkpoint, in one request (§2.5). */
  createModelViaLoadWeights: filled('create_model_via_load_weights', t.boolean, false),
});
export type ClientConfig = t.TypeOf<typeof ClientConfig>;

/** The settings of a server that names none. */
export const defaultClientConfig: ClientConfig = ClientConfig.make({});

/** One base model that the server offers. */
export const SupportedModel = message('SupportedModel', {
  modelName: optional('model_name', t.string),
  /** In tokens. */
  maxContextLength: optional('max_context_length', Integer),
});
export type SupportedModel = t.TypeOf<typeof SupportedModel>;

/** What the server can do (§2.1). */
export const ServerCapabilities = message('ServerCapabilities', {
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
