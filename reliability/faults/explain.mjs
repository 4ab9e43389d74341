/**
 * Compares what a server executed with what a program asked for and was told.
 *
 * @typedef {import('./calls.mjs').Unit} Unit
 * @typedef {import('./calls.mjs').Item} Item
 * @typedef {import('./records.mjs').Told} Told
 *
 * @typedef {object} Executed one entry of the server's ledger
 * @property {number | undefined} seqId
 * @property {string} kind
 * @property {'done' | 'failed'} outcome
 * @property {string} requestId
 *
 * @typedef {{ unit: Unit, told: Told | undefined }} Operation
 * @typedef {{ unit: Unit, part: number, item: Item | undefined }} Step one request that had its effect
 */

/**
 * What an operation's end says of its requests: `all` were executed, `none` was, `failed`: none with an effect, or
 * `some` may have been.
 * @param {Told | undefined} told undefined: its process was killed before
 * @param {number} parts
 * @returns {'all' | 'none' | 'failed' | 'some'}
 */
export function claimOf(told, parts) {
  if (told === undefined || told.how === 'wedged') return 'some';
  if (told.how === 'done') return 'all';
  const { error, seqId, requestId } = told;
  if (isGone(told)) return 'some';
  const accepted = requestId !== undefined || error?.requestId !== undefined;
  // An operation that failed on the server has no effect; a poll that a proxy refuses says the same with a status.
  if (accepted) return error?.kind === 'requestFailed' && error.status === undefined && parts === 1 ? 'failed' : 'some';
  // Closing a client, or taking an operation back, says nothing of what is on its way.
  return error?.kind === 'cancelled' && seqId !== undefined ? 'some' : 'none';
}

/**
 * Whether an operation failed because the server lost its model. What was executed before is lost with it, under
 * whatever id it was accepted first; the client knows that, and says it.
 * @param {Told | undefined} told
 */
function isGone(told) {
  return told?.how === 'failed' && told.error?.kind === 'requestFailed' && /restarted.* gone/s.test(told.error.message);
}

/** So many ways to read a ledger are looked at. */
const mostExplanations = 200;

/**
 * Every way in which the ledger is what was asked for, in that order, each request at most once, and what was told
 * is true. None: the promise is broken. Of an operation of several requests on which the client was wedged, and has
 * said so, some may come late: the server waits with them for the number that is missing.
 * @param {readonly Operation[]} operations in the order of the calls
 * @param {readonly Executed[]} ledger in the order of execution
 * @returns {Step[][]} what had its effect, in order
 */
export function explanationsOf(operations, ledger) {
  /** @type {Map<string, Step[]>} */
  const found = new Map();
  const seen = new Set();
  const wedged = new Set(operations.flatMap(({ unit, told }) => (told?.how === 'wedged' ? [unit] : [])));
  // Of a wedged operation nothing was told that could be compared, so parts of one content are as good as each other.
  /** @param {Step} step */
  const nameOf = ({ unit, part, item }) => (wedged.has(unit) ? `${item?.does} ${item?.data}` : `${unit.key}.${part}`);
  /** @param {number} at @param {number} entry @param {readonly Step[]} steps @param {readonly Late[]} late */
  const explain = (at, entry, steps, late) => {
    const read = steps.map(nameOf).join();
    const place = [at, entry, read, late.map(({ unit, part }) => `${unit.key}.${part}`).join()].join(' | ');
    if (found.size >= mostExplanations || seen.has(place)) return;
    seen.add(place);
    const operation = operations[at];
    const next = ledger[entry];
    if (operation === undefined && next === undefined && !found.has(read)) found.set(read, [...steps]);
    if (operation !== undefined) {
      const ways = waysOf(operation, ledger.slice(entry));
      for (const { used, steps: more } of ways) explain(at + 1, entry + used, [...steps, ...more], [...late, ...lateOf(operation, more)]);
    }
    if (next === undefined) return;
    // Which of them it is cannot be seen in the ledger: any may be.
    for (const one of late.filter(({ unit, part, told }) => isPart(unit, told, part, next))) {
      const step = { unit: one.unit, part: one.part, item: one.unit.parts[one.part]?.item };
      explain(at, entry + 1, next.outcome === 'done' ? [...steps, step] : steps, late.filter((other) => other !== one));
    }
  };
  explain(0, 0, [], []);
  return [...found.values()];
}

/** @typedef {{ unit: Unit, told: Told | undefined, part: number }} Late a request that may still be executed */

/** @param {Operation} operation @param {readonly Step[]} steps those that were executed in time @returns {Late[]} */
function lateOf({ unit, told }, steps) {
  if (told?.how !== 'wedged' || unit.parts.length === 1) return [];
  return unit.parts.flatMap((_, part) => (steps.some((step) => step.part === part) ? [] : [{ unit, told, part }]));
}

/**
 * The ways in which the next entries are an operation's.
 * @param {Operation} operation
 * @param {readonly Executed[]} entries
 * @returns {{ used: number, steps: Step[] }[]}
 */
function waysOf({ unit, told }, entries) {
  const claim = claimOf(told, unit.parts.length);
  if (claim === 'none') return [{ used: 0, steps: [] }];
  /** @type {{ used: number, steps: Step[], next: number }[]} */
  const ways = [{ used: 0, steps: [], next: 0 }];
  // Every way is gone on with: by the next entry as any of the parts that are left.
  for (const way of ways) {
    const entry = entries[way.used];
    if (entry === undefined) continue;
    for (let part = way.next; part < unit.parts.length; part += 1) {
      if (!isPart(unit, told, part, entry)) continue;
      const steps = entry.outcome === 'done' ? [...way.steps, { unit, part, item: unit.parts[part]?.item }] : way.steps;
      ways.push({ used: way.used + 1, steps, next: part + 1 });
    }
  }
  // As much as possible first: what was accepted is executed as a rule.
  ways.reverse();
  if (claim === 'all') return ways.filter(({ steps }) => steps.length === unit.parts.length);
  return claim === 'failed' ? ways.filter(({ steps }) => steps.length === 0) : ways;
}

/** @param {Unit} unit @param {Told | undefined} told @param {number} part @param {Executed} entry */
function isPart({ parts }, told, part, { kind, seqId, requestId }) {
  if (parts[part]?.kind !== kind) return false;
  // Parts have numbers in a row, as long as they are of one kind and nothing was refused before.
  const isPlain = parts.every((one) => one.kind === kind);
  if (told?.seqId !== undefined && seqId !== undefined && isPlain && parts.length === 1 && seqId !== told.seqId) return false;
  return parts.length > 1 || told?.requestId === undefined || told.requestId === requestId || isGone(told);
}

/**
 * Whether the server went through the numbers upwards, none twice.
 * @param {readonly Executed[]} ledger
 */
export function isUpwards(ledger) {
  const numbers = ledger.flatMap(({ seqId }) => (seqId === undefined ? [] : [seqId]));
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0));
}
