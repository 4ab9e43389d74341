import type * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import type { AttemptFailure } from '../../../src/types/attempt.js';
import { readJson, type Reply } from '../../../src/api/http.js';
import { post } from '../../../src/api/route.js';
import { AuditLogResponse } from '../../../src/types/audit.js';
import { BillingUsageResponse } from '../../../src/types/billing.js';
import { CheckpointArchiveUrlResponse } from '../../../src/types/checkpoint-admin.js';
import { CheckpointsListResponse } from '../../../src/types/checkpoint-listing.js';
import { LoadWeightsResponse, SaveWeightsForSamplerResponse, SaveWeightsResponse, WeightsInfoResponse } from '../../../src/types/checkpoints.js';
import { CompleteMetadata, SubmitResponse, TryAgain } from '../../../src/types/futures.js';
import { TrainingRun, TrainingRunsResponse } from '../../../src/types/runs.js';
import { CreateSamplingSessionResponse, GetSamplerResponse, SampleResponse } from '../../../src/types/sampling.js';
import { AuthTokenResponse, ClientConfig, CreateSessionResponse, DynamicConfig, ServerCapabilities } from '../../../src/types/service.js';
import { GetSessionResponse, ListSessionsResponse, SessionTraceResponse } from '../../../src/types/sessions.js';
import { TelemetryResponse } from '../../../src/types/telemetry.js';
import { CreateModelResponse, ForwardBackwardOutput, GetInfoResponse, OptimStepResponse } from '../../../src/types/training.js';

/** How an answer of one kind is read. */
export interface AnswerReader {
  readonly read: (reply: Reply) => E.Either<AttemptFailure, unknown>;
  /** Whether what was read is what the answer promises. */
  readonly is: (value: unknown) => boolean;
}

const reader = <A>(codec: t.Type<A, unknown>): AnswerReader => ({ read: (reply) => readJson(post('/api/v1/x', codec, codec), reply), is: codec.is });

/** Readers of every message that a server sends to clients. */
export const answerReaders: readonly AnswerReader[] = [
  reader(AuditLogResponse), reader(AuthTokenResponse), reader(BillingUsageResponse), reader(CheckpointArchiveUrlResponse),
  reader(CheckpointsListResponse), reader(ClientConfig), reader(CompleteMetadata), reader(CreateModelResponse),
  reader(CreateSamplingSessionResponse), reader(CreateSessionResponse), reader(DynamicConfig), reader(ForwardBackwardOutput),
  reader(GetInfoResponse), reader(GetSamplerResponse), reader(GetSessionResponse), reader(ListSessionsResponse),
  reader(LoadWeightsResponse), reader(OptimStepResponse), reader(SampleResponse), reader(SaveWeightsForSamplerResponse),
  reader(SaveWeightsResponse), reader(ServerCapabilities), reader(SessionTraceResponse), reader(SubmitResponse), reader(TelemetryResponse),
  reader(TrainingRun), reader(TrainingRunsResponse), reader(TryAgain), reader(WeightsInfoResponse),
];
