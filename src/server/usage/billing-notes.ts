import type { Usage } from './billing-usage.js';
import type { LocalApi } from '../local-api.js';

/** Notes what a model was used for. */
export function noteUsage({ runs, usage }: Pick<LocalApi, 'runs' | 'usage'>, modelId: string, used: Usage): void {
  const record = runs.find(modelId)?.record;
  if (record !== undefined) usage.record(record.sessionId, record.baseModel ?? 'unknown', used);
}
