export type { InspectorOptions, PageOptions } from './options.js';
export { startInspector, type Inspector } from './start-inspector.js';
export { environmentInspector } from './environment.js';
export { openRecording, type Recording } from './open-recording.js';
export { serveRecording, type RecordingOptions, type RecordingPage } from './serve-recording.js';
export type { InspectedCall, ControlCommand, RecordSink, ServicePicture, WatchedService, Watcher } from '../inspection/watcher.js';
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
} from '../inspection/records.js';
