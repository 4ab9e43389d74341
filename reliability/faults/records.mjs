import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * What a program's process writes down, before it does the next thing: whatever it has said is known after it was killed.
 *
 * @typedef {object} Opened the training client is there
 * @property {'opened'} says
 * @property {string} modelId
 *
 * @typedef {object} Asked a call has been made
 * @property {'asked'} says
 * @property {number | 'end'} at the call's place
 *
 * @typedef {object} Told an operation has ended, or is wedged
 * @property {'told'} says
 * @property {string} key of the unit
 * @property {'done' | 'failed' | 'wedged'} how
 * @property {number | undefined} seqId
 * @property {string | undefined} requestId
 * @property {readonly (string | undefined)[]} [digests] what it gave, bit for bit
 * @property {{ path: string, optimStepsBefore: number }} [saved]
 * @property {import('tinkerjs').TinkerErrorSummary} [error]
 * @property {string} [state] of the client, when it is wedged
 *
 * @typedef {object} Sampled a sample has come back
 * @property {'sampled'} says
 * @property {number | 'end'} at
 * @property {string} digest
 *
 * @typedef {object} Heard the client is wedged on an operation that was taken back
 * @property {'heard'} says
 * @property {import('tinkerjs').TinkerErrorSummary} error
 *
 * @typedef {object} Ended the program is over
 * @property {'ended'} says
 * @property {'finished' | 'broken' | 'notOpened'} how
 * @property {string} [why]
 *
 * @typedef {Opened | Asked | Told | Sampled | Heard | Ended} Fact
 */

/** @param {string} file @returns {(fact: Fact) => void} */
export function writerOf(file) {
  return (fact) => appendFileSync(file, `${JSON.stringify(fact)}\n`);
}

/** @param {string} file */
export function forget(file) {
  writeFileSync(file, '');
}

/** What was said; a line that a kill cut short is none. @param {string} file @returns {Fact[]} */
export function factsIn(file) {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line));
}
