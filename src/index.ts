export { ServiceClient } from './service-client.js';
export type { LoraTrainingOptions } from './service/model-options.js';
export type { InspectionObserver } from './calls/callbacks.js';
export type { InspectOption } from './service/inspect-option.js';
export { recordTo, type RecordingOptions } from './inspection/recording.js';
export { performanceMeasures } from './inspection/performance-measures.js';
export type { ControlCommand, InspectedCall, RecordSink, ServicePicture, WatchedService, Watcher } from './inspection/watcher.js';
export type {
  ActorRecord,
  ActorTransition,
  ChartRecord,
  ChartState,
  ChartTransition,
  CheckpointRecord,
  ErrorRecord,
  InFlightFacts,
  InspectionRecord,
  MachineChart,
  Mark,
  MetricsRecord,
  NoticeRecord,
  OperationRecord,
  Phase,
  PhaseName,
  QueuedFacts,
  SamplingRecord,
  ServiceRecord,
  SessionFacts,
  TrainingRecord,
} from './inspection/records.js';
export type { ServiceClientOptions, SessionRisk } from './config.js';
export type { QueueStateNews } from './service/queue-states.js';
export type { SessionSnapshot } from './service/session-keeper.js';
export type { ServiceSnapshot } from './service/service-snapshot.js';
export type { EncodingOption } from './training/encoding-choice.js';
export type { ServiceActor } from './machines/service-machine.js';
export type { FromStateOptions } from './service/restore.js';
export type { EarlierOperation, ResumedTraining, ResumeOptions } from './service/resume-result.js';
export type { AppendFile, DiskLock, JournalDisk, LockOutcome } from './journal/disk.js';
export { TrainingClient } from './training-client.js';
export type {
  LoadStateOptions,
  SavedState,
  SavedWeights,
  SaveForSamplerOptions,
  SaveStateOptions,
  StepOptions,
} from './training/training-options.js';
export type { StepResult, TrainingStep } from './training/training-step.js';
export type { CustomLoss, CustomLossOutput, CustomLossResult } from './training/custom-loss.js';
export type { AdamSettings } from './training/training-input.js';
export type { InFlightSnapshot, TrainingSnapshot } from './training/training-snapshot.js';
export type { LastCheckpoint, OperationCounters, OperationEntry } from './machines/training-context.js';
export type { TrainingActor } from './machines/training-machine.js';
export { CheckpointSchedule } from './checkpoints/checkpoint-schedule.js';
export type { CheckpointOptions } from './checkpoints/checkpoint-options.js';
export type { CheckpointCallbacks, CheckpointFailure, ScheduledCheckpoint } from './checkpoints/checkpoint-news.js';
export type { StepCheckpoint } from './checkpoints/labelled-save.js';
export type { SaveOnSignalOptions, SignalNews, SignalSaver } from './checkpoints/save-on-signal.js';
export type { EndingSignal } from './checkpoints/signal-desk.js';
export { resumeCheck, type ResumeCheckReport } from './checkpoints/resume-check.js';
export type { ResumeCheckOptions, ResumeCheckProgress } from './checkpoints/resume-options.js';
export type { ResumeFindings, ResumeVerdict, ResumeWay } from './checkpoints/resume-verdict.js';
export { SamplingClient } from './sampling-client.js';
export type { SampleInput, SamplingSettings } from './sampling/sampling-input.js';
export type { CreateSamplingClientOptions, RetryConfig, SamplingClientOptions } from './sampling/sampling-options.js';
export type { SamplingSnapshot } from './sampling/sampling-snapshot.js';
export type { SamplingActor, SamplingCounters } from './machines/sampling-machine.js';
export { RestClient, type CheckpointArchiveUrl } from './rest-client.js';
export type { DownloadedCheckpoint, DownloadOptions, DownloadProgress } from './rest/rest-download.js';
export type { ArchiveFile } from './rest/archive-entries.js';
export type { IterateOptions, PageOptions, TrainingRunsFilter } from './rest/rest-listings.js';
export type { ScopeOptions } from './rest/rest-input.js';
export type { AuditLogOptions, BillingUsageOptions } from './rest/rest-account.js';
export type { Identity } from './credentials/credentials.js';
export { loadTokenizer, type Tokenizer, type TokenizerOptions } from './tokenizer/tokenizer.js';
export type { GetTokenizerOptions } from './tokenizer/client-tokenizer.js';
export { tokenizerIdFor } from './tokenizer/tokenizer-id.js';
export type { TelemetryState } from './telemetry/telemetry.js';
export { Operation, type OperationStatus, type OperationTimings } from './operation.js';
export type { WaitOptions } from './calls/wait.js';
export {
  TinkerError,
  type FailureCategory,
  type RestoreStep,
  type TinkerErrorDetails,
  type TinkerErrorKind,
  type TinkerErrorSummary,
} from './types/errors.js';
export { ModelInput, type Datum } from './types/data.js';
export {
  dmelChunk,
  imageAssetPointer,
  imageChunk,
  type DmelChunk,
  type EncodedTextChunk,
  type ImageAssetPointerChunk,
  type ImageChunk,
  type ImageFormat,
  type ModelInputChunk,
} from './types/chunks.js';
export { TensorData, type SparseTensorInit, type TensorLike } from './types/tensor.js';
export type { NestedNumbers, TensorDtype, TensorValues } from './types/tensor-values.js';
export type { CsrIndices } from './types/sparse.js';
export {
  parseCheckpointPath,
  type CheckpointType,
  type LoadablePath,
  type ParsedCheckpointPath,
  type SamplerCheckpointPath,
  type TrainingCheckpointPath,
  type UserMetadata,
} from './types/ids.js';
export type { LoadWeightsResponse, WeightsInfoResponse } from './types/checkpoints.js';
export type { Health, ServerCapabilities, SupportedModel } from './types/service.js';
export type {
  AdamParams,
  ForwardBackwardOutput,
  GetInfoResponse,
  LossFn,
  LossFnConfig,
  ModelData,
  OptimStepResponse,
} from './types/training.js';
export type { GetSamplerResponse, SampledSequence, SampleResponse, StopReason } from './types/sampling.js';
export type { TopkLogprob, TopkPromptLogprobs } from './types/sampling-json.js';
export type { TrainingRun, TrainingRunsResponse } from './types/runs.js';
export type { Checkpoint, CheckpointsListResponse, Cursor } from './types/checkpoint-listing.js';
export type { GetSessionResponse, ListSessionsResponse } from './types/sessions.js';
export type { BillingUsageResponse, OtherUsage, UsageEvent, UsageEventInfo } from './types/billing.js';
export type { AuditEventType, AuditLogEntry, AuditLogResponse } from './types/audit.js';
export type { AccessScope } from './types/access.js';
export type { Clock, Environment } from './machines/environment.js';
export { version } from './types/version.js';
