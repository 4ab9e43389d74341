import { sendTelemetry } from '../api/telemetry.js';
import { answer, type ServerApp } from './routing.js';

/**
 * Takes telemetry and forgets it (wire protocol §8): clients hold their errors back until it is taken.
 * What remains is the count of requests in the ledger.
 */
export function addTelemetryRoutes(app: ServerApp): void {
  answer(app, sendTelemetry, () => ({ status: 'accepted' as const }));
}
