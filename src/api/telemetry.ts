import { TelemetryRequest, TelemetryResponse } from '../types/telemetry.js';
import { post } from './route.js';

/** Takes events about how the client fares (wire protocol §8). */
export const sendTelemetry = post('/api/v1/telemetry', TelemetryRequest, TelemetryResponse, 5_000);
