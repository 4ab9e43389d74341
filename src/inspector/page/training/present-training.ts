import type { TrainingRecord } from '../../../inspection/records.js';
import type { ServiceStore } from '../../model/service-store.js';
import { chosenClient } from '../state.js';

/** The training client that is shown: the chosen one, or the first that runs, or the last that ran. */
export function presentTraining(store: ServiceStore | undefined): TrainingRecord | undefined {
  if (store === undefined) return undefined;
  const { trainings } = store;
  const chosen = chosenClient.value === undefined ? undefined : trainings.get(chosenClient.value);
  return chosen ?? trainings.items.find(({ state }) => state !== 'stopped') ?? trainings.items.at(-1);
}
