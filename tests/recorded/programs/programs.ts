import { checkpointPrograms } from './checkpoint-programs.js';
import type { Program } from './program.js';
import { replyPrograms } from './reply-programs.js';
import { samplingPrograms } from './sampling-programs.js';
import { servicePrograms } from './service-programs.js';
import { trainingPrograms } from './training-programs.js';
import { unusualPrograms } from './unusual-programs.js';

/** All programs whose requests are recorded. */
export const programs: readonly Program[] = [
  ...servicePrograms,
  ...trainingPrograms,
  ...checkpointPrograms,
  ...samplingPrograms,
  ...replyPrograms,
  ...unusualPrograms,
];
