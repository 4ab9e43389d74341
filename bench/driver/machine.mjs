import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

const packages = ['tinker', 'pyqwest', 'httpx', 'pydantic', 'protobuf'];
const program = `import importlib.metadata as m, json, platform
print(json.dumps({'python': platform.python_version(), **{n: m.version(n) for n in ${JSON.stringify(packages)}}}))`;

/** What measured: the machine, and the versions of all that took part. @param {string | undefined} python */
export async function machineAndVersions(python) {
  const sdk = python === undefined ? {} : JSON.parse((await promisify(execFile)(python, ['-c', program])).stdout);
  return {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release().split('-')[0]}`,
    },
    versions: { tinkerjs: versionOf('../../package.json'), node: process.version.slice(1), undici: versionOf('../../node_modules/undici/package.json'), ...sdk },
  };
}

/** @param {string} path */
function versionOf(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
}
