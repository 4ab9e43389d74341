import { appendFileSync } from 'node:fs';
import type { Sdk } from './versions.js';

/** Has the report at the end say that an area was not run with this SDK, and why; such an area declares no tests. */
export function notRun(sdk: Sdk, area: string, reason: string): void {
  const list = process.env['TINKERJS_NOT_RUN'];
  if (list === undefined) throw new Error('run this suite with: npm run test:python');
  appendFileSync(list, `${JSON.stringify({ group: `SDK ${sdk.version}`, area, reason })}\n`);
}
