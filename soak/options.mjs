import { parseArgs } from 'node:util';
import { plantNames } from './program/plants.mjs';

const usage = `npm run soak -- [options]

  --operations N   operations in simulated time (30000; the whole run has 200000)
  --hours H        simulated hours over which they are spread (24)
  --sockets N      operations over real connections after that, 0 for none (5000; the whole run has 20000)
  --samples N      how often everything is counted, in each part (50)
  --inspect        an inspector watches all services
  --plant WHAT     leaks ${plantNames.join(', ')} with every operation: the run has to fail
  --out FILE       write the figures there, as JSON
  --markdown FILE  write the tables there
  --verbose        say how far it is where that is no terminal
  --json           print the figures as JSON instead of tables`;

/** @param {readonly string[]} args */
export function readOptions(args) {
  const { values } = parse(args);
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const name = values.plant;
  const plant = plantNames.find((known) => known === name);
  if (name !== undefined && plant === undefined) refuse(`--plant: got ${name}, expected one of ${plantNames.join(', ')}`);
  return {
    operations: number('operations', values.operations, 0),
    hours: number('hours', values.hours, 0),
    sockets: number('sockets', values.sockets, 0),
    samples: number('samples', values.samples, 10),
    inspect: values.inspect,
    plant,
    out: values.out,
    markdown: values.markdown,
    verbose: values.verbose,
    json: values.json,
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        operations: { type: 'string', default: '30000' },
        hours: { type: 'string', default: '24' },
        sockets: { type: 'string', default: '5000' },
        samples: { type: 'string', default: '50' },
        inspect: { type: 'boolean', default: false },
        plant: { type: 'string' },
        out: { type: 'string' },
        markdown: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** @param {string} name @param {string} given @param {number} least */
function number(name, given, least) {
  const value = Number(given);
  if (given.trim() === '' || !(value >= least && Number.isFinite(value))) refuse(`--${name}: got ${given}, expected a number of at least ${least}`);
  return value;
}

/** @param {string} why @returns {never} */
function refuse(why) {
  console.error(`${why}\n\n${usage}`);
  process.exit(2);
}
