/**
 * What the tests of this folder are told from outside, to do more than `npm test` does:
 *
 * | Variable | Says | Default |
 * | --- | --- | --- |
 * | `TINKERJS_MODEL_RUNS` | command sequences a client test runs | 60 |
 * | `TINKERJS_MODEL_SEED` | the seed they are drawn from | 20260101 |
 * | `TINKERJS_MODEL_PATH` | the `path` of a failure, to repeat that sequence alone; with the seed that was printed beside it | none |
 * | `TINKERJS_MODEL_REPLAY` | the `replayPath` of a failure: which of the commands ran, as it was shrunk | none |
 * | `TINKERJS_MODEL_COUNTS` | `1` prints how many states, transitions and sequences were tried | none |
 *
 * Such as `TINKERJS_MODEL_RUNS=5000 TINKERJS_MODEL_SEED=7 npm run jest -- tests/models`.
 */
export const settings = {
  runs: Number(process.env['TINKERJS_MODEL_RUNS'] ?? 60),
  seed: Number(process.env['TINKERJS_MODEL_SEED'] ?? 20_260_101),
  path: process.env['TINKERJS_MODEL_PATH'] ?? '',
  replayPath: process.env['TINKERJS_MODEL_REPLAY'] ?? '',
};

/** Prints what was tried, where that is asked for. */
export function count(what: string, counts: object): void {
  if (process.env['TINKERJS_MODEL_COUNTS'] === '1') console.log(`${what}: ${JSON.stringify(counts)}`);
}
