import { auditLog } from '../../api/audit.js';
import { parseDateTime } from '../../types/date-time.js';
import { invalid } from '../../types/errors.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { answer, type ServerApp } from '../routing.js';

/** What was done to checkpoints on one UTC day (wire protocol §2.8). */
export function addAuditRoutes(app: ServerApp, { audit }: LocalApi): void {
  answer(app, auditLog, async ({ day }) => {
    if (day !== undefined && !isDay(day)) throw new HttpError(400, invalid('day', day, 'a day in UTC as YYYY-MM-DD').message);
    return { entries: await audit.entries(day) };
  });
}

/** Dates that do not exist, such as 30 February, are moved by JavaScript instead of refused. */
function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && parseDateTime(`${text}T00:00Z`)?.toISOString().slice(0, 10) === text;
}
