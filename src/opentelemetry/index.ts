export { openTelemetry, type OpenTelemetryOptions } from './open-telemetry.js';
export type { Watcher } from '../inspection/watcher.js';
