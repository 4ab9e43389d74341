import { afterEach } from '@jest/globals';
import { scriptedTraining } from './clients.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A training client on a scripted server, closed after the test. */
export const openTraining: typeof scriptedTraining = async (...options) => {
  const scripted = await scriptedTraining(...options);
  closers.push(() => scripted.service.close());
  return scripted;
};
