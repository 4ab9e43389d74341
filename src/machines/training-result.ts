import type { FutureSettled } from './future-messages.js';
import {
  afterFailure,
  afterLastPart,
  futureId,
  futureIds,
  inFlightUnder,
  partError,
  withoutInFlight,
  withoutOpenPart,
  type Consequence,
  type InFlight,
  type TrainingContext,
} from './training-context.js';
import type { TinkerError } from '../types/errors.js';

/** A result is there, or there will be none: what becomes of its operation. */
export function resultNoted(context: TrainingContext, { key: id, part, output }: FutureSettled): Consequence {
  const child = futureId(id, part);
  const operation = inFlightUnder(context, id);
  if (operation === undefined) return { change: {}, said: [], stopped: [child] };
  if (output.status === 'failed') {
    const error = partError(output.error, part, operation);
    return {
      change: { ...withoutInFlight(context, id), ...afterFailure(context, error), optimSteps: stepsAfter(context, operation, error) },
      said: [{ type: 'operation.failed', id, error }],
      stopped: futureIds(operation),
    };
  }
  if (operation.open > 1) return { change: withoutOpenPart(context, id, operation), said: [], stopped: [child] };
  return {
    change: afterLastPart(context, id, operation),
    said: operation.entry.secondPass ? [] : [{ type: 'operation.done', id, downloadMs: output.downloadMs }],
    stopped: [child],
  };
}

/** A step that came to nothing on the server is in no weights. Of one whose result is lost nobody knows that. */
function stepsAfter({ optimSteps }: TrainingContext, { entry }: InFlight, error: TinkerError): number {
  return entry.kind === 'optimStep' && error.kind === 'requestFailed' ? optimSteps - 1 : optimSteps;
}
