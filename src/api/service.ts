import {
  Acknowledgement,
  AuthTokenRequest,
  AuthTokenResponse,
  ClientConfig,
  ClientConfigRequest,
  CreateSessionRequest,
  CreateSessionResponse,
  DynamicConfig,
  Health,
  ServerCapabilities,
  SessionHeartbeatRequest,
} from '../types/service.js';
import { get, post } from './route.js';

/** Settings of the server for its clients. */
export const clientConfig = post('/api/v1/client/config', ClientConfigRequest, ClientConfig);

/** Settings that may change while clients run. A missed refresh is followed by the next one. */
export const dynamicConfig = post('/api/v1/client/dynamic_config', ClientConfigRequest, DynamicConfig, 10_000);

/** A short-lived token for the credential that the request carries. */
export const authToken = post('/api/v1/auth/token', AuthTokenRequest, AuthTokenResponse);

/** Whether the server answers. */
export const healthz = get('/api/v1/healthz', Health);

/** What the server offers. */
export const getServerCapabilities = get('/api/v1/get_server_capabilities', ServerCapabilities);

/** Opens a session. */
export const createSession = post('/api/v1/create_session', CreateSessionRequest, CreateSessionResponse);

/** Keeps a session alive. A missed heartbeat is followed by the next one, hence the short deadline. */
export const sessionHeartbeat = post('/api/v1/session_heartbeat', SessionHeartbeatRequest, Acknowledgement, 10_000);
