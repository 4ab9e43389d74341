import type { Random } from '../world/random.js';

/** How the server of one schedule is set up; nothing of it is a fault. */
export interface ServerSettings {
  /** How long polls are held before the server says "not yet". */
  readonly holdMs: number;
  /** Whether it says so with status 408. */
  readonly saysNotYetBy408: boolean;
  /** Whether results come in protobuf where the client takes it. */
  readonly writesProtobuf: boolean;
  /** Whether it reads passes in protobuf; else in JSON only. */
  readonly readsProtobuf: boolean;
  /** Whether failed operations are told as status 400, as some self-hosted servers do. */
  readonly failsBy400: boolean;
  /** Usual milliseconds of an operation. */
  readonly executionMs: number;
  /** How long a missing number is waited for. */
  readonly missingSeqTimeoutMs: number;
  /** How long results are kept. */
  readonly retentionMs: number;
  /** How long a session lives without a heartbeat. */
  readonly sessionMs: number;
  readonly tokenSeconds: number;
  /** What the client is told of it (wire protocol §2.1); undefined where it has no such endpoint. */
  readonly clientConfig: Readonly<Record<string, unknown>> | undefined;
}

export function drawSettings(random: Random): ServerSettings {
  const readsProtobuf = random.chance(0.9);
  return {
    holdMs: random.weighted([[30_000, 8], [3_000, 1], [0, 0.4], [55_000, 1]]),
    saysNotYetBy408: random.chance(0.2),
    writesProtobuf: readsProtobuf && random.chance(0.9),
    readsProtobuf,
    failsBy400: random.chance(0.1),
    executionMs: random.weighted([[5, 3], [100, 4], [2_000, 2], [15_000, 1]]),
    missingSeqTimeoutMs: 30_000,
    retentionMs: random.weighted([[600_000, 4], [60_000, 1]]),
    sessionMs: random.weighted([[300_000, 3], [Infinity, 2]]),
    tokenSeconds: random.weighted([[3_600, 2], [120, 1], [400, 1]]),
    clientConfig: random.chance(0.05) ? undefined : drawClientConfig(random),
  };
}

function drawClientConfig(random: Random): Readonly<Record<string, unknown>> {
  return {
    pjwt_auth_enabled: random.chance(0.15),
    parallel_fwdbwd_chunks: random.chance(0.75),
    fwdbwd_max_chunk_len: 2,
    fwdbwd_dispatch_bytes_semaphore_size: random.weighted([[50_000_000, 4], [30, 1]]),
    inflight_response_bytes_semaphore_size: random.weighted([[52_428_800, 2], [10, 1]]),
    billing_exception_max_pause_duration_sec: random.weighted([[60, 3], [0, 1], [600, 1]]),
    sample_max_concurrent_requests: random.weighted([[2_000, 3], [1, 1]]),
    sample_no_retries: random.chance(0.1),
    create_model_via_load_weights: random.chance(0.3),
  };
}
