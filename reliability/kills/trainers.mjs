import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { clearTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../trainer.mjs').Task} Task */
/** @typedef {import('../trainer.mjs').Fact} Fact */
/** @typedef {{ how: 'killed' | 'finished' | 'failed' | 'hung', facts: Fact[], complaint: string }} Run how a trainer's process ended */

const program = fileURLToPath(new URL('../trainer.mjs', import.meta.url));
const limitMs = 60_000;

/** Runs a trainer until it has finished, or is killed. @param {Task} task @returns {Promise<Run>} */
export async function runTrainer(task) {
  writeFileSync(task.facts, '');
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (bytes) => {
    complaint += String(bytes);
  });
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, limitMs);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  const facts = readFileSync(task.facts, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line));
  const how = hung ? 'hung' : signal === 'SIGKILL' ? 'killed' : code === 0 ? 'finished' : 'failed';
  return { how, facts, complaint };
}
