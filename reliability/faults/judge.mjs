import { claimOf, explanationsOf, isUpwards } from './explain.mjs';
import { statesOf } from './states.mjs';
import { unitsOf } from './calls.mjs';

/**
 * @typedef {import('./records.mjs').Fact} Fact
 * @typedef {import('./records.mjs').Told} Told
 * @typedef {import('./calls.mjs').Item} Item
 * @typedef {import('./explain.mjs').Executed} Executed
 * @typedef {import('./explain.mjs').Operation} Operation
 *
 * @typedef {object} Attempt one client's try at a program
 * @property {readonly import('./calls.mjs').Call[]} program
 * @property {readonly Fact[]} facts
 * @property {readonly Executed[]} ledger of its model
 * @property {string} base the name of the state that it began with; empty: none
 * @property {Readonly<Record<string, string>>} states the names of the states that earlier attempts saved, by call
 * @property {'ended' | 'killed' | 'hung' | `died${string}`} how
 *
 * @typedef {object} World what is needed to compare results
 * @property {(base: string, items: readonly Item[], states: readonly string[]) => Promise<readonly { digest?: string }[]>} reference
 * @property {(path: string) => Promise<string>} savedDigest
 *
 * @typedef {{ violations: string[], states: Record<string, string> }} Judgement with the names of what was saved, by call
 */

/** @param {Attempt} attempt @param {World} world @returns {Promise<Judgement>} */
export async function judge(attempt, world) {
  const { facts, ledger, how } = attempt;
  const violations = [...unsettled(attempt), ...unnamed(facts)];
  if (how.startsWith('died')) violations.push(`the program's process ${how}`);
  if (how === 'hung') violations.push('the program did not end');
  if (!isUpwards(ledger)) violations.push('the server did not go through the numbers upwards');
  const readings = readingsOf(attempt);
  if (readings.length === 0) violations.push('what was executed is not what was asked for and told');
  /** @type {Judgement[]} */
  const judged = [];
  for (const reading of readings) {
    const judgement = await judgeReading(attempt, reading, world);
    if (judgement.violations.length === 0) return { violations, states: judgement.states };
    judged.push(judgement);
  }
  return { violations: [...violations, ...(judged[0]?.violations ?? [])], states: judged[0]?.states ?? {} };
}

/** Operations that never ended, although their process went on. @param {Attempt} attempt */
function unsettled({ facts, how, program }) {
  if (how !== 'ended') return [];
  const told = new Set(facts.flatMap((fact) => (fact.says === 'told' ? [fact.key] : [])));
  return operationsOf({ program, facts, states: {} }, true).flatMap(({ unit: { key, kind } }) => (told.has(key) ? [] : [`${kind} ${key} never ended`]));
}

/** Wedged clients that do not say so, or not what is unknown. @param {readonly Fact[]} facts */
function unnamed(facts) {
  return facts.flatMap((fact) => {
    if (fact.says !== 'told' || fact.how !== 'wedged') return [];
    const { key, state, error } = fact;
    const says = error?.operationId !== undefined && error.seqId !== undefined && error.message.includes(`seq_id ${error.seqId}`);
    return [...(state === 'wedged' ? [] : [`${key} is wedged, its client ${state}`]), ...(says ? [] : [`${key} is wedged and does not name itself`])];
  });
}

/** @param {Pick<Attempt, 'program' | 'facts' | 'states'>} attempt @param {boolean} chunked @returns {Operation[]} */
function operationsOf({ program, facts, states }, chunked) {
  /** @type {Map<string, Told>} */
  const told = new Map();
  for (const fact of facts) if (fact.says === 'told') told.set(fact.key, fact);
  return facts.flatMap((fact) => {
    if (fact.says !== 'asked') return [];
    const call = fact.at === 'end' ? /** @type {const} */ ({ does: 'save' }) : program[fact.at];
    if (call === undefined) throw new Error(`the program has no call ${fact.at}`);
    return unitsOf(call, fact.at, (of) => states[of] ?? `of call ${of}`, chunked).map((unit) => ({ unit, told: told.get(unit.key) }));
  });
}

/** @param {Attempt} attempt */
function readingsOf(attempt) {
  const opened = attempt.facts.some(({ says }) => says === 'opened');
  // The first request of a client that goes on from a checkpoint is its load.
  const [first, ...rest] = attempt.ledger;
  const isRestore = attempt.base !== '' && first?.kind === 'load_weights' && first.outcome === 'done';
  if (attempt.base !== '' && opened && !isRestore) return [];
  const ledger = isRestore ? rest : attempt.ledger;
  const readings = explanationsOf(operationsOf(attempt, true), ledger);
  // A client that could not read the server's settings does not know how much goes into a request.
  return readings.length > 0 ? readings : explanationsOf(operationsOf(attempt, false), ledger);
}

/** @param {Attempt} attempt @param {import('./explain.mjs').Step[]} steps @param {World} world @returns {Promise<Judgement>} */
async function judgeReading(attempt, steps, world) {
  /** @type {Record<string, string>} */
  const states = { ...attempt.states };
  /** @type {Item[]} */
  const items = [];
  const counted = steps.filter(({ item }) => item !== undefined);
  for (const { unit, item } of counted) {
    if (item === undefined) continue;
    // Loads of what this client saved itself could not be named before.
    const own = item.does === 'load' && item.state !== undefined ? states[item.state.replace('of call ', '')] : undefined;
    items.push(own === undefined ? item : { ...item, state: own });
    const state = statesOf(attempt.base, items).at(-1);
    if (state) states[unit.key] = state;
  }
  const names = statesOf(attempt.base, items);
  const expected = items.length === 0 ? [] : await world.reference(attempt.base, items, names);
  /** @type {string[]} */
  const violations = [];
  let optimSteps = 0;
  for (const [at, { unit, part, item }] of counted.entries()) {
    if (item?.does === 'optim') optimSteps += 1;
    const digest = expected[at]?.digest;
    const told = lastTold(attempt.facts, unit.key);
    const first = item?.does === 'custom' ? part - unit.parts.length / 2 : part;
    const given = told?.digests?.slice(first, first + (item?.data?.length ?? 0)).join();
    if (given !== undefined && given !== digest) violations.push(`${unit.kind} ${unit.key} gave something else than the same work without faults`);
    if (told?.saved === undefined) continue;
    const unclear = unclearSteps(attempt, unit.key);
    if (Math.abs(told.saved.optimStepsBefore - optimSteps) > unclear) violations.push(`${unit.kind} ${unit.key} says that it holds step ${told.saved.optimStepsBefore}, and holds ${optimSteps}`);
    if ((await world.savedDigest(told.saved.path)) !== digest) violations.push(`${unit.kind} ${unit.key} saved something else than the same work without faults`);
  }
  for (const fact of attempt.facts) {
    if (fact.says !== 'sampled') continue;
    const at = counted.findIndex(({ unit }) => unit.key === `${fact.at}`);
    if (at !== -1 && expected[at]?.digest !== fact.digest) violations.push(`the sample of call ${fact.at} is another than without faults`);
  }
  return { violations, states };
}

/**
 * Optimizer steps before an operation of which the client has said that it does not know what became of them: a
 * checkpoint cannot tell better.
 * @param {Attempt} attempt
 * @param {string} key
 */
function unclearSteps(attempt, key) {
  const operations = operationsOf(attempt, true);
  const before = operations.slice(0, operations.findIndex(({ unit }) => unit.key === key));
  return before.filter(({ unit, told }) => unit.kind === 'optimStep' && claimOf(told, 1) === 'some').length;
}

/** @param {readonly Fact[]} facts @param {string} key @returns {Told | undefined} */
function lastTold(facts, key) {
  const told = facts.findLast((fact) => fact.says === 'told' && fact.key === key);
  return told?.says === 'told' ? told : undefined;
}

/** How the operations of an attempt ended, for the table. @param {readonly Fact[]} facts */
export function endsOf(facts) {
  return facts.flatMap((fact) => (fact.says === 'told' ? [{ how: fact.how, kind: fact.error?.kind, claim: claimOf(fact, 1) }] : []));
}
