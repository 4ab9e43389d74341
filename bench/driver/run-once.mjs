import { spawn } from 'node:child_process';
import { clearTimeout } from 'node:timers';

/** Longer than the slowest run of a whole benchmark takes. */
const timeLimitMs = 600_000;
const endLines = 6;

/**
 * @typedef {object} Run
 * @property {number} operations
 * @property {number} seconds
 * @property {number} cpuSeconds
 * @property {number} peakRssMB
 * @property {{ idleRssMB?: number, endRssMB?: number, inUseMB?: number, samples?: { operations: number, rssMB: number }[], version?: string }} extra
 * @property {number} scale
 * @property {import('./stub.mjs').Served} served
 */

/**
 * Runs one case once, in a fresh process.
 * @param {import('./clients.mjs').Client} client
 * @param {string} name of the case
 * @param {Awaited<ReturnType<typeof import('./stub.mjs').startStub>>} stub
 * @param {number} scale
 * @returns {Promise<Run>}
 */
export async function runOnce(client, name, stub, scale) {
  await stub.reset();
  const args = [...client.args, name, '--url', stub.url, '--scale', String(scale), ...(client.more ?? [])];
  const line = await lastLine(client.command, args);
  return { ...JSON.parse(line), scale, served: await stub.served() };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
function lastLine(command, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, BENCH_SPAWNED_AT: String(performance.timeOrigin + performance.now()) };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const line = output.trim().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('{')) resolve(line);
      else reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}:\n${lastLines(errors || output)}`));
    });
  });
}

/** The line that names the error, where one does, and the end. @param {string} text */
function lastLines(text) {
  const lines = text.trim().split('\n');
  const named = lines.slice(0, -endLines).find((line) => line.includes('Error'));
  return [...(named === undefined ? [] : [named]), ...lines.slice(-endLines)].join('\n');
}
