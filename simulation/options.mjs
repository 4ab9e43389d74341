import { Command, InvalidArgumentError } from 'commander';
import { availableParallelism } from 'node:os';

/** @param {number} least */
function whole(least) {
  return (/** @type {string} */ text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`expected a whole number of at least ${least}`);
    return value;
  };
}

/** @param {readonly string[]} args */
export function readOptions(args) {
  return new Command('simulate')
    .description('Runs programs on the real client in a simulated world of faults, each from one seed, and compares what the server executed with what was asked for.')
    .option('--schedules <count>', 'how many', whole(1), 100_000)
    .option('--from <seed>', 'the first seed', whole(0), 1)
    .option('--seed <seed>', 'run this one only, and print what happens in it', whole(0))
    .option('--seeds <list>', 'run these only, separated by commas', (text) => text.split(',').map(whole(0)))
    .option('--kept', 'run the seeds that are kept because they once failed')
    .option('--mutant <name>', 'plant a mistake, which is to be found', 'none')
    .option('--mutants', 'plant each of them, and tell how many schedules found it')
    .option('--workers <count>', 'threads; 0 for none', whole(0), availableParallelism())
    .option('--stop', 'stop at the first violation')
    .option('--hashes', 'print the hash of every schedule')
    .option('--json', 'print the sums as JSON instead of tables')
    .parse(args, { from: 'user' })
    .opts();
}
