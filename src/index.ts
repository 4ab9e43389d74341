export { ServiceClient } from './service-client.js';
export type { LoraTrainingOptions } from './model-options.js';
export type { InspectionObserver } from './callbacks.js';
export type { ServiceClientOptions } from './config.js';
export type { FromStateOptions } from './restore.js';
export { TrainingClient } from './training-client.js';
export type { LoadStateOptions, SavedState, SaveStateOptions } from './training-options.js';
export type { CustomLoss, CustomLossOutput, CustomLossResult } from './custom-loss.js';
export type { AdamSettings } from './training-input.js';
export type { InFlightSnapshot, TrainingSnapshot } from './training-snapshot.js';
export { RestClient } from './rest-client.js';
export { Operation, type OperationStatus, type OperationTimings } from './operation.js';
export type { WaitOptions } from './wait.js';
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
export type { ServerCapabilities, SupportedModel } from './types/service.js';
export type {
  AdamParams,
  ForwardBackwardOutput,
  GetInfoResponse,
  LossFn,
  LossFnConfig,
  ModelData,
  OptimStepResponse,
} from './types/training.js';
export type { Environment } from './machines/environment.js';
export { version } from './types/version.js';
