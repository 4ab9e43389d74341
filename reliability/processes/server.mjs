/** The local server, in a process that may be killed. */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { startLocalServer } from 'tinkerjs/server';
import { answerCalls } from '../driver/answer-calls.mjs';

/** @type {import('tinkerjs/server').LocalServer} */
let server;

const idleLimitMs = 5_000;
const graceMs = 10;

answerCalls({
  /** @param {import('tinkerjs/server').LocalServerOptions} options */
  start: async (options) => {
    server = await startLocalServer({ ...options, faults: true });
    const { url, apiKey, dataDir } = server;
    return { url, apiKey, dataDir };
  },
  /** @param {readonly import('tinkerjs/server').FaultRule[]} rules */
  faults: (rules) => {
    server.faults.clear();
    for (const rule of rules) server.faults.add(rule);
  },
  /** How often each of the rules was met, in their order. */
  met,
  /**
   * What was executed for a model, once nothing is left to execute.
   * @param {string} modelId
   */
  ledger: async (modelId) => {
    await idle(modelId);
    const { operations, skipped } = server.ledger(modelId);
    return { operations, skipped };
  },
  /**
   * Ends the process without a farewell, except for the books: they are to be compared.
   * @param {number} ms
   * @param {string} file
   */
  die: (ms, file) => {
    setTimeout(() => {
      const { operations, skipped } = server.ledger();
      writeFileSync(file, JSON.stringify({ operations, skipped, met: met() }));
      process.kill(process.pid, 'SIGKILL');
    }, ms);
  },
});

function met() {
  return server.faults.list().map(({ seen, nth = 1, count = 1 }) => Math.min(Math.max(0, seen - nth + 1), count));
}

/** @param {string} modelId */
async function idle(modelId) {
  for (let waited = 0, still = 0; still < 2 && waited < idleLimitMs; waited += graceMs) {
    await pause(graceMs);
    const response = await globalThis.fetch(`${server.url}/api/v1/healthz`);
    /** @type {any} */
    const { local } = await response.json();
    const open = local.models.find((/** @type {any} */ model) => model.model_id === modelId)?.open_operations ?? 0;
    still = open === 0 ? still + 1 : 0;
  }
}
