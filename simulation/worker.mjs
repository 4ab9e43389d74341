/** Runs the seeds that it is given, in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';

const { runSeeds } = await import(workerData.bundle);
// Nobody reads them here, and to write them down takes as long as a request.
Error.stackTraceLimit = 0;
parentPort.on('message', async ({ seeds, mutant }) => parentPort.postMessage(await runSeeds(seeds, mutant)));
