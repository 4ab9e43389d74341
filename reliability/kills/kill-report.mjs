import Table from 'cli-table3';

/** @typedef {import('./kill-lane.mjs').Story} Story */
/** @typedef {{ kills: number, serverToo: number, created: number, reattached: number, restored: number, again: number, identical: number }} Row */

/** Counts kills by the moment at which they came. */
export class KillReport {
  kills = 0;
  #runs = 0;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {{ number: number, violation: string }[]} */
  violated = [];

  /** @param {Story} story */
  add({ number, kills, violation }) {
    this.#runs += 1;
    this.kills += kills.length;
    if (violation !== undefined) this.violated.push({ number, violation });
    for (const { boundary, serverToo, outcome } of kills) {
      const row = this.#rows.get(boundary) ?? { kills: 0, serverToo: 0, created: 0, reattached: 0, restored: 0, again: 0, identical: 0 };
      row.kills += 1;
      row.serverToo += Number(serverToo);
      row[outcome] += 1;
      row.identical += Number(violation === undefined);
      this.#rows.set(boundary, row);
    }
  }

  json() {
    return { kills: this.kills, runs: this.#runs, boundaries: Object.fromEntries(this.#sorted()), violated: this.violated };
  }

  text() {
    const table = new Table({
      head: ['killed', 'kills', 'server too', 'begun anew', 're-attached', 'restored', 'killed before', 'identical in the end'],
      colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
      style: { head: [], border: [] },
    });
    for (const [name, { kills, serverToo, created, reattached, restored, again, identical }] of this.#sorted()) {
      table.push([name, kills, serverToo, created, reattached, restored, again, identical]);
    }
    return `${table.toString()}\n${this.kills} kills in ${this.#runs} training runs, ${this.violated.length} runs with violations`;
  }

  /** @returns {[string, Row][]} */
  #sorted() {
    return [...this.#rows].sort(([left], [right]) => (left < right ? -1 : 1));
  }
}
