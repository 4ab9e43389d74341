import { invalid } from '../types/errors.js';
import { startInspector, type Inspector } from './start-inspector.js';

let shared: Promise<Inspector> | undefined;

/**
 * The one inspector of this process that `TINKERJS_INSPECT=1` asks for, opened on first use: services share its page.
 * Its port is `TINKERJS_INSPECT_PORT`, where that is set; everything else is as {@link startInspector} has it by default.
 * One that could not be opened is tried again by the next call.
 * @throws TinkerError `validation` where the variable is no port; `connection` when the port cannot be opened
 */
export function environmentInspector(): Promise<Inspector> {
  shared ??= startHere().catch((thrown: unknown) => {
    shared = undefined;
    throw thrown;
  });
  return shared;
}

async function startHere(): Promise<Inspector> {
  const given = process.env['TINKERJS_INSPECT_PORT'] ?? '';
  if (given === '') return await startInspector();
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw invalid('TINKERJS_INSPECT_PORT', given, 'a whole number from 0 to 65535');
  return await startInspector({ port: Number(given) });
}
