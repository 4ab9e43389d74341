import { execFile } from 'node:child_process';
import { access, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { outputOf } from './python.mjs';

const execute = promisify(execFile);
const home = fileURLToPath(new URL('../../../.venv-conformance/', import.meta.url));
const quiet = ['--disable-pip-version-check', '--no-input', '--quiet'];

/** @param {string} path */
const exists = (path) => access(path).then(() => true, () => false);

/** @param {string} text */
const lastLines = (text) => text.trim().split('\n').slice(-8).join('\n');

/**
 * @param {string} folder
 * @param {readonly string[]} args
 */
async function pip(folder, args) {
  try {
    const { stdout } = await execute(join(folder, 'bin/python'), ['-m', 'pip', ...args], { maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    throw new Error(
      `pip ${args.join(' ')} failed. The official SDK comes from PyPI: check that this machine reaches it, or name a mirror in PIP_INDEX_URL.\n${lastLines(String(error.stderr ?? error))}`,
      { cause: error },
    );
  }
}

/**
 * The folder of an environment that holds this version of the SDK and nothing else that was asked for. Kept between
 * runs.
 * @param {string} python
 * @param {string} version
 * @param {(line: string) => void} say
 */
export async function environmentWith(python, version, say) {
  const folder = join(home, `tinker-${version}`);
  const finished = join(folder, 'finished');
  const inUse = (await exists(finished)) && (await exists(join(folder, 'bin/python')));
  if (inUse) {
    say(`tinker ${version}: ${folder}, made before`);
    return folder;
  }
  say(`tinker ${version}: making ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await execute(python, ['-m', 'venv', folder]);
  say(`tinker ${version}: installing from PyPI`);
  await pip(folder, ['install', ...quiet, `tinker==${version}`]);
  await writeFile(finished, `${version}\n`);
  return folder;
}

/**
 * The newest version of the SDK that pip would install.
 * @param {string} folder an environment whose pip is asked
 */
export async function newestVersion(folder) {
  const args = ['install', ...quiet, '--dry-run', '--ignore-installed', '--no-deps', '--report', '-', 'tinker'];
  return JSON.parse(await pip(folder, args)).install[0].metadata.version;
}

const debian = '/usr/lib/python3/dist-packages';
const usable = 'import torch; print(torch.__version__ if (torch.ones(1).numpy() == 1).all() else "")';

/**
 * A folder for PYTHONPATH with which the environments have torch; undefined where there is none to be had. PyPI's torch
 * brings gigabytes of CUDA, so Debian's serves, together with the numpy that it was built for.
 * @param {string} folder an environment
 * @param {(line: string) => void} say
 */
export async function torchFor(folder, say) {
  const python = join(folder, 'bin/python');
  const own = await outputOf(python, ['-c', usable]);
  if (own !== undefined && own !== '') {
    say(`torch ${own} in ${folder}`);
    return '';
  }
  const overlay = join(home, 'torch');
  await mkdir(overlay, { recursive: true });
  for (const name of ['torch', 'numpy']) {
    const link = join(overlay, name);
    if ((await exists(join(debian, name))) && !(await exists(link))) await symlink(join(debian, name), link);
  }
  const shared = await outputOf('env', [`PYTHONPATH=${overlay}`, python, '-c', usable]);
  const isUsable = shared !== undefined && shared !== '';
  say(isUsable ? `torch ${shared} from ${debian}` : 'torch: none, so custom losses are not run (on Debian 12: apt-get install python3-torch python3-numpy)');
  return isUsable ? overlay : undefined;
}
