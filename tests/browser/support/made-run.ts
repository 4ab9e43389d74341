import type { InspectorOptions } from '../../../src/inspector/options.js';
import type { Inspector } from '../../../src/inspector/start-inspector.js';
import type { InspectionRecord } from '../../../src/inspection/records.js';
import type { RecordSink } from '../../../src/inspection/watcher.js';
import { watched } from '../../support/inspection/few-records.js';
import { madeRecords, madeStart, type MadeOptions } from '../../support/inspection/made-records.js';
import { openInspector } from './run.js';

/** An inspector that was told of a program that never ran. */
export interface MadeRun {
  readonly inspector: Inspector;
  readonly sink: RecordSink;
}

/** As if the program had run until now. */
export async function madeRun(made: MadeOptions = {}, options: InspectorOptions = {}): Promise<MadeRun> {
  const inspector = await openInspector(options);
  const sink = inspector.inspect.watch(watched('service-1'));
  sink.write(recordsUntilNow(made));
  return { inspector, sink };
}

/** Made records, of which the newest is of just now. */
export function recordsUntilNow(made: MadeOptions = {}): InspectionRecord[] {
  const last = madeRecords(made).reduce((latest, { at }) => Math.max(latest, at), madeStart);
  return madeRecords({ ...made, startedAt: madeStart + Date.now() - last });
}
