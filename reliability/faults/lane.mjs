import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clearTimeout } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { Child } from '../driver/child.mjs';
import { ServerKeeper } from '../driver/server-keeper.mjs';
import { judge } from './judge.mjs';
import { Proxy } from './proxy.mjs';
import { factsIn, forget } from './records.mjs';
import { savedDigest } from './saved-files.mjs';

/**
 * @typedef {import('./schedule.mjs').Schedule} Schedule
 * @typedef {import('./records.mjs').Fact} Fact
 *
 * @typedef {object} Tried
 * @property {Schedule} schedule
 * @property {readonly string[]} violations
 * @property {{ rules: readonly number[], cuts: readonly number[], blows: readonly boolean[] }} met how often each fault came about
 * @property {readonly { how: string, facts: readonly Fact[], ledger: readonly object[] }[]} attempts
 */

/** How much faster time passes for the client than for us: while things go wrong, and later, when none of its limits is to be reached. */
const hurriedSpeed = 50;
const calmSpeed = 5;
const limitMs = 60_000;
const schedulesAServer = 150;
const mostAttempts = 3;
/** Later attempts go on whatever happens: nothing goes wrong any more. */
const steadfast = /** @type {const} */ ({ wedged: 'skip', failed: 'goOn', requestDeadlineMs: 60_000 });

/** One server and one client, which run one schedule after the other. */
export class Lane {
  #folder;
  #facts;
  #options;
  #reference;
  /** @type {ServerKeeper} */
  #server;
  #proxy = new Proxy();
  /** @type {Child | undefined} */
  #client;
  /** The last one that was killed on purpose. @type {Child | undefined} */
  #killed;
  #served = 0;
  /** @type {(() => Promise<unknown>)[]} */
  #calming = [];
  /** @type {Tried['met']} */
  #met = { rules: [], cuts: [], blows: [] };

  /**
   * @param {string} folder for its data
   * @param {import('tinkerjs/server').LocalServerOptions} options
   * @param {import('./judge.mjs').World['reference']} reference
   */
  constructor(folder, options, reference) {
    this.#folder = folder;
    this.#facts = join(folder, 'facts.jsonl');
    this.#options = { missingSeqTimeoutMs: 600, pollHoldMs: 500, sessionTimeoutMs: 6_000, ...options };
    this.#server = new ServerKeeper(folder, this.#options);
    this.#reference = reference;
  }

  async open() {
    await mkdir(this.#folder, { recursive: true });
    await this.#server.start();
    await this.#proxy.open();
  }

  async close() {
    await this.#client?.kill();
    await this.#server.stop();
    await this.#proxy.close();
  }

  /** @param {Schedule} schedule @returns {Promise<Tried>} */
  async run(schedule) {
    await this.#renew();
    /** @type {string[]} */
    const violations = [];
    /** @type {{ how: string, facts: Fact[], ledger: import('./explain.mjs').Executed[] }[]} */
    const attempts = [];
    /** @type {Record<string, string>} */
    const states = {};
    /** @type {Record<string, string>} */
    const paths = {};
    let from = 0;
    /** @type {string | undefined} */
    let last;
    await this.#server.faults(schedule.rules);
    this.#proxy.leadTo(this.#server.url);
    this.#proxy.plan(schedule.cuts);
    this.#met = { rules: schedule.rules.map(() => 0), cuts: schedule.cuts.map(() => 0), blows: schedule.blows.map(() => false) };
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const isFirst = attempt === 0;
      const base = last === undefined ? '' : (states[last] ?? '');
      const url = schedule.cuts.length > 0 ? this.#proxy.url : this.#server.url;
      const policy = isFirst ? schedule.policy : steadfast;
      const run = { url, apiKey: this.#server.apiKey, file: this.#facts, speed: isFirst ? hurriedSpeed : calmSpeed, program: schedule.program, policy, from, attempt, base: last === undefined ? '' : (paths[last] ?? ''), paths: { ...paths } };
      const { how, facts, ledger } = await this.#try(run, isFirst ? schedule.blows : []);
      attempts.push({ how, facts, ledger });
      const judgement = await judge(
        { program: schedule.program, facts, ledger, base, states, how },
        { reference: this.#reference, savedDigest: (path) => savedDigest(this.#server.dataDir, path) },
      );
      violations.push(...judgement.violations.map((violation) => `client ${attempt + 1}: ${violation}`));
      for (const fact of facts) {
        if (fact.says !== 'told' || fact.saved === undefined) continue;
        // A save of which the program does not know is no beginning, and no load asks for it.
        states[fact.key] = judgement.states[fact.key] ?? '';
        paths[fact.key] = fact.saved.path;
        last = fact.key;
        from = fact.key === 'end' ? schedule.program.length : Number(fact.key) + 1;
      }
      const end = facts.find((fact) => fact.says === 'ended');
      if (violations.length > 0 || (end?.says === 'ended' && end.how === 'finished')) break;
      if (!isFirst) violations.push(`client ${attempt + 1}: nothing goes wrong any more, and the program is ${end?.says === 'ended' ? `${end.how}: ${end.why ?? ''}` : how}`);
    }
    this.#server.forget();
    return { schedule, violations, met: this.#met, attempts };
  }

  /**
   * @param {import('./run-program.mjs').Run} run
   * @param {readonly import('./schedule.mjs').Blow[]} blows
   */
  async #try(run, blows) {
    forget(this.#facts);
    this.#client ??= new Child('client', { calm: () => this.#calm() });
    const client = this.#client;
    this.#strike(blows, client);
    const over = pause(limitMs, /** @type {const} */ ('hung'), { ref: false });
    // A process that fails by itself is killed for it, and its facts tell.
    const done = client.call('run', run).then(() => /** @type {const} */ ('ended'), (error) => this.#ofEnd(client, error));
    const how = await Promise.race([done, over]);
    if (how !== 'ended') {
      await client.kill();
      this.#client = undefined;
    }
    await this.#calm();
    const facts = factsIn(this.#facts);
    const opened = facts.find((fact) => fact.says === 'opened');
    const ledger = opened?.says === 'opened' ? await this.#server.ledger(opened.modelId) : [];
    return { how, facts, ledger };
  }

  /** @param {Child} client @param {Error} error @returns {'killed' | `died${string}`} */
  #ofEnd(client, error) {
    if (client.isRunning) throw error;
    return this.#killed === client ? 'killed' : `died: ${client.complaint}`;
  }

  /** @param {readonly import('./schedule.mjs').Blow[]} blows @param {Child} client */
  #strike(blows, client) {
    this.#calming = blows.map(({ what, afterMs, forMs }, at) => {
      /** @type {Promise<unknown> | undefined} */
      let struck;
      const timer = setTimeout(() => {
        this.#met = { ...this.#met, blows: this.#met.blows.map((met, index) => met || index === at) };
        struck = this.#blow(what, forMs, client);
      }, afterMs);
      return async () => {
        clearTimeout(timer);
        await struck;
      };
    });
  }

  /** Settles when what was struck is there again. @param {import('./schedule.mjs').Blow['what']} what @param {number} forMs @param {Child} client */
  async #blow(what, forMs, client) {
    switch (what) {
      case 'killClient':
        this.#killed = client;
        return client.kill();
      case 'killServer':
        await this.#server.kill();
        await pause(forMs);
        await this.#server.start();
        return this.#proxy.leadTo(this.#server.url);
      case 'freezeClient':
      case 'freezeServer': {
        const { child } = what === 'freezeClient' ? { child: client } : this.#server;
        child.signal('SIGSTOP');
        await pause(forMs);
        child.signal('SIGCONT');
      }
    }
  }

  /** From now on nothing goes wrong. */
  async #calm() {
    for (const calm of this.#calming) await calm();
    this.#calming = [];
    const [rules, cuts] = [await this.#server.met(), this.#proxy.met()];
    this.#met = { ...this.#met, rules: sum(this.#met.rules, rules), cuts: sum(this.#met.cuts, cuts) };
    await this.#server.faults([]);
    this.#proxy.plan([]);
  }

  /** Old runs make every start of a server longer. */
  async #renew() {
    this.#served += 1;
    if (this.#served <= schedulesAServer) return;
    this.#served = 1;
    await this.#server.stop();
    await rm(this.#server.dataDir, { recursive: true, force: true });
    this.#server = new ServerKeeper(this.#folder, this.#options);
    await this.#server.start();
  }
}

/** @param {readonly number[]} left @param {readonly number[]} right */
function sum(left, right) {
  return left.map((value, at) => value + (right[at] ?? 0));
}
