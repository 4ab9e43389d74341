import type { Http } from '../api/http.js';
import type { ByteBudget } from './byte-budget.js';
import type { Environment } from './environment.js';
import type { InspectionPort } from './inspection-port.js';
import type { RestoreStepOutcome } from './restore-machine.js';
import type { TelemetryPort } from './telemetry-messages.js';
import type { WorkTable } from './work.js';

/** The steps of one restore, kept outside of its machine. */
export interface RestoreSteps {
  readonly readMetadata: () => Promise<RestoreStepOutcome>;
  readonly createModel: () => Promise<RestoreStepOutcome>;
  readonly load: () => Promise<RestoreStepOutcome>;
  readonly rollBack: () => Promise<RestoreStepOutcome>;
}

/** What the machines' actors work with. */
export interface Ports {
  readonly http: Http;
  readonly environment: Environment;
  readonly work: WorkTable;
  readonly restores: ReadonlyMap<string, RestoreSteps>;
  /** Room for large results; read anew for each, since the server's settings may set its size. */
  readonly resultBudget: () => ByteBudget;
  /** Absent when telemetry is off. */
  readonly telemetry?: TelemetryPort | undefined;
  /** Absent where nobody inspects. */
  readonly inspection?: InspectionPort | undefined;
  /** Takes secrets out of what a server says. */
  readonly hide: (text: string) => string;
}
