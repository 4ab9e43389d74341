import { parseArgs } from 'node:util';

const usage = `npm run bench -- [options]

  --case NAME     only this case; may be given several times
  --rounds N      rounds of every case, instead of the usual number
  --scale F       that share of the work, for a quick look
  --sdk WHICH     newest (usual), a version such as 0.25.0, or none
  --out DIR       write results.json and the charts there
  --write-docs    put tables and charts into docs/ (a whole run with the SDK only)
  --json          print the results as JSON instead of tables`;

/**
 * @param {readonly string[]} args
 * @param {readonly string[]} known names of the cases
 */
export function readOptions(args, known) {
  const { values } = parse(args);
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const cases = values.case ?? known;
  for (const name of cases) if (!known.includes(name)) refuse(`--case: got ${name}, expected one of ${known.join(', ')}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1)) refuse(`--rounds: got ${values.rounds}, expected a whole number of at least 1`);
  const scale = Number(values.scale);
  if (!(scale > 0)) refuse(`--scale: got ${values.scale}, expected a number above 0`);
  const isWhole = cases === known && scale === 1 && values.sdk !== 'none';
  if (values['write-docs'] && !isWhole) refuse('--write-docs: the document shows a whole run; leave out --case, --scale and --sdk none');
  return { cases, rounds, scale, sdk: values.sdk, out: values.out, writeDocs: values['write-docs'], json: values.json };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        case: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        scale: { type: 'string', default: '1' },
        sdk: { type: 'string', default: 'newest' },
        out: { type: 'string' },
        'write-docs': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}
