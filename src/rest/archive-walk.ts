import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { messageOf, TinkerError } from '../types/errors.js';

// Gzip cannot do better than about 1032 to 1, which weights of nothing but zeros come near to.
const mostInflation = 1_100;

/**
 * Visits the entries of a tar file in turn, whatever it is compressed with; each has to be consumed.
 * @throws what a visit throws; TinkerError `malformedResponse` when the file is damaged or cut off
 */
export async function walkArchive(file: string, signal: AbortSignal, visit: (entry: ReadEntry) => Promise<void>): Promise<void> {
  let visited = Promise.resolve();
  let hasEnd = false;
  const outcome = await new Promise<{ readonly thrown?: unknown }>((resolve) => {
    const source = createReadStream(file, { signal });
    const fail = (thrown: unknown) => {
      source.destroy();
      resolve({ thrown });
    };
    const take = (entry: ReadEntry) => {
      visited = visited.then(() => visit(entry));
      visited.catch(fail);
    };
    const parser = new Parser({ strict: true, maxDecompressionRatio: mostInflation, onReadEntry: take });
    // Kinds that tar passes over; whether they are refused is for the visit to say.
    parser.on('ignoredEntry', take);
    parser.on('eof', () => {
      hasEnd = true;
    });
    parser.on('drain', () => source.resume());
    parser.on('error', (thrown: unknown) => fail(damaged(messageOf(thrown))));
    parser.on('end', () => {
      const finish = () => (hasEnd ? resolve({}) : fail(damaged('it ends without its end mark')));
      visited.then(finish, fail);
    });
    source.on('error', fail);
    source.on('end', () => parser.end());
    source.on('data', (chunk) => {
      if (!parser.write(chunk)) source.pause();
    });
  });
  if ('thrown' in outcome) throw outcome.thrown;
}

function damaged(why: string): TinkerError {
  return new TinkerError('malformedResponse', `The archive is damaged or cut off (${why}). Download it again`);
}
