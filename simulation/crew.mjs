import { Worker } from 'node:worker_threads';

const seedsEach = 100;

/**
 * Runs seeds on so many threads, and tells the sums of each part as it comes.
 * @param {{ bundle: string, seeds: Iterable<number>, mutant: string, workers: number, onPart: (totals: object) => boolean }} order
 *   `onPart` says whether to go on
 */
export async function runOnThreads({ bundle, seeds, mutant, workers, onPart }) {
  const iterator = seeds[Symbol.iterator]();
  let goesOn = true;
  const take = () => {
    const part = [];
    while (goesOn && part.length < seedsEach) {
      const { done, value } = iterator.next();
      if (done) break;
      part.push(value);
    }
    return part;
  };
  if (workers === 0) {
    const { runSeeds } = await import(bundle);
    for (let part = take(); part.length > 0; part = take()) goesOn = onPart(await runSeeds(part, mutant));
    return;
  }
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { bundle }, resourceLimits: { maxYoungGenerationSizeMb: 64 } });
      try {
        for (let part = take(); part.length > 0; part = take()) goesOn = onPart(await answer(worker, { seeds: part, mutant })) && goesOn;
      } finally {
        await worker.terminate();
      }
    }),
  );
}

function answer(worker, message) {
  return new Promise((resolve, reject) => {
    const ended = (code) => settle(reject, new Error(`a worker ended with ${code}`));
    const failed = (error) => settle(reject, error);
    const answered = (totals) => settle(resolve, totals);
    const settle = (end, value) => {
      worker.off('message', answered).off('error', failed).off('exit', ended);
      end(value);
    };
    worker.on('message', answered).on('error', failed).on('exit', ended);
    worker.postMessage(message);
  });
}
