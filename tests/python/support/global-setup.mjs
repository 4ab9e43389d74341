import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentWith, newestVersion, torchFor } from './environments.mjs';
import { findPython } from './python.mjs';

const oldest = '0.25.0';

/** @param {string} line */
const say = (line) => void process.stderr.write(`python: ${line}\n`);

/** Makes the environments of both versions of the SDK; the suites find them in `TINKERJS_SDKS`. What they do not run goes to the file `TINKERJS_NOT_RUN`. */
export default async function setUp() {
  try {
    const python = await findPython();
    const old = await environmentWith(python, oldest, say);
    const newest = await newestVersion(old);
    say(`newest tinker on PyPI: ${newest}`);
    const recent = await environmentWith(python, newest, say);
    const torch = await torchFor(recent, say);
    process.env.TINKERJS_SDKS = JSON.stringify([
      { version: newest, folder: recent, torch },
      { version: oldest, folder: old, torch },
    ]);
    const list = join(await mkdtemp(join(tmpdir(), 'tinkerjs-python-')), 'not-run');
    await writeFile(list, '');
    process.env.TINKERJS_NOT_RUN = list;
  } catch (error) {
    process.stderr.write(`\nThe suites against the official Python SDK cannot run.\n${error.message}\n`);
    process.exit(1);
  }
}
