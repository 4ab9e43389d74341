import type { Check } from './check.js';
import { accountChecks } from './checks/account.js';
import { administrationChecks } from './checks/administration.js';
import { archiveChecks } from './checks/archives.js';
import { encodingChecks } from './checks/encoding.js';
import { endChecks } from './checks/end.js';
import { futureChecks } from './checks/futures.js';
import { listingChecks } from './checks/listings.js';
import { lossChecks } from './checks/losses.js';
import { modelChecks } from './checks/models.js';
import { orderChecks } from './checks/order.js';
import { refusalChecks } from './checks/refusals.js';
import { restoreChecks } from './checks/restoring.js';
import { sampleChecks } from './checks/samples.js';
import { samplerChecks } from './checks/samplers.js';
import { saveChecks } from './checks/saving.js';
import { startChecks } from './checks/start.js';
import { trainingChecks } from './checks/training.js';

/** Every check, in the order in which they are made: later ones use what earlier ones made. */
export const allChecks: readonly Check[] = [
  ...startChecks,
  ...modelChecks,
  ...trainingChecks,
  ...lossChecks,
  ...encodingChecks,
  ...orderChecks,
  ...saveChecks,
  ...restoreChecks,
  ...samplerChecks,
  ...sampleChecks,
  ...listingChecks,
  ...administrationChecks,
  ...archiveChecks,
  ...accountChecks,
  ...refusalChecks,
  ...futureChecks,
  ...endChecks,
];
