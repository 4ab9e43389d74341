import { parseArgs } from 'node:util';

/**
 * Reads options with whole numbers, flags and texts; what cannot be read ends the process with 2.
 * @template {Record<string, number>} N
 * @param {readonly string[]} args
 * @param {{ usage: string, numbers: N, texts?: readonly string[] }} known with defaults
 * @returns {{ numbers: { [K in keyof N]: number }, texts: Record<string, string | undefined>, json: boolean }}
 */
export function readOptions(args, { usage, numbers, texts = [] }) {
  /** @param {string} message @returns {never} */
  const refuse = (message) => {
    console.error(`${message}\n\n${usage}`);
    process.exit(2);
  };
  const named = [...Object.keys(numbers), ...texts].map((name) => /** @type {const} */ ([name, { type: 'string' }]));
  /** @type {Record<string, string | boolean | undefined>} */
  const values = (() => {
    try {
      return parseArgs({ args: [...args], options: { ...Object.fromEntries(named), json: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
    } catch (error) {
      return refuse(error instanceof Error ? error.message : String(error));
    }
  })();
  if (values['help']) {
    console.log(usage);
    process.exit(0);
  }
  const read = Object.entries(numbers).map(([name, fallback]) => {
    const given = values[name];
    const value = given === undefined ? fallback : Number(given);
    if (!Number.isSafeInteger(value) || value < 0) refuse(`--${name}: got ${String(given)}, expected a whole number of at least 0`);
    return [name, value];
  });
  const text = texts.map((name) => [name, values[name]]);
  return { numbers: /** @type {any} */ (Object.fromEntries(read)), texts: Object.fromEntries(text), json: values['json'] === true };
}
