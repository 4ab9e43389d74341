import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Child } from './child.mjs';

/** @typedef {import('../faults/explain.mjs').Executed & { modelId: string }} Entry */

const mostStarts = 40;
const pauseMs = 100;

/** A local server that may be killed: it is started again on the same port and folder, and its books are kept. */
export class ServerKeeper {
  #options;
  #lastWords;
  /** @type {Child | undefined} */
  #child;
  #port = 0;
  /** What the servers before this one executed. @type {Entry[]} */
  #before = [];
  /** @type {number[] | undefined} */
  #metBefore;
  url = '';
  apiKey = '';
  dataDir;

  /** @param {string} folder @param {import('tinkerjs/server').LocalServerOptions} options */
  constructor(folder, options) {
    this.dataDir = join(folder, 'data');
    this.#lastWords = join(folder, 'last-words.json');
    this.#options = options;
  }

  get child() {
    if (this.#child === undefined) throw new Error('the server was not started');
    return this.#child;
  }

  get isRunning() {
    return this.#child?.isRunning ?? false;
  }

  /** Its port may be taken for a moment by somebody's connection. */
  async start() {
    for (let starts = 1; ; starts += 1) {
      const child = new Child('server');
      try {
        const { url, apiKey } = await child.call('start', { ...this.#options, dataDir: this.dataDir, port: this.#port });
        this.#child = child;
        this.#port = Number(new URL(url).port);
        this.url = url;
        this.apiKey = apiKey;
        return;
      } catch (error) {
        await child.kill();
        if (starts >= mostStarts) throw error;
        await pause(pauseMs);
      }
    }
  }

  /** Kills it in the midst of whatever it does; what it has executed is known. */
  async kill() {
    if (!this.isRunning) return;
    // The answer is its end.
    await this.child.call('die', 0, this.#lastWords).catch(() => undefined);
    await this.child.ended;
    if (!existsSync(this.#lastWords)) return;
    const { operations, met } = JSON.parse(readFileSync(this.#lastWords, 'utf8'));
    rmSync(this.#lastWords);
    this.#before.push(...operations);
    this.#metBefore = met;
  }

  /** @param {readonly import('tinkerjs/server').FaultRule[]} rules */
  async faults(rules) {
    this.#metBefore = undefined;
    await this.child.call('faults', rules);
  }

  /** How often each rule was met. @returns {Promise<number[]>} */
  async met() {
    return this.#metBefore ?? (await this.child.call('met'));
  }

  /** What was executed for a model, over all lives of the server. @param {string} modelId @returns {Promise<Entry[]>} */
  async ledger(modelId) {
    const { operations } = await this.child.call('ledger', modelId);
    return [...this.#before.filter((entry) => entry.modelId === modelId), ...operations].filter(({ kind }) => kind !== 'create_model' && kind !== 'unload_model');
  }

  /** Forgets the books of servers that are gone. */
  forget() {
    this.#before = [];
  }

  async stop() {
    await this.#child?.kill();
  }
}
