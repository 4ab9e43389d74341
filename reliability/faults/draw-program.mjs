/** @typedef {import('./calls.mjs').Call} Call */
/** @typedef {import('../driver/chance.mjs').Chance} Chance */

const letters = /** @type {const} */ (['a', 'b', 'c']);

/** A training program: mostly steps, with saves, loads and samples in between. @param {Chance} chance @returns {Call[]} */
export function drawProgram(chance) {
  /** @type {Call[]} */
  const program = [];
  const length = chance.whole(4, 9);
  const awaitShare = chance.one([0, 0.3, 1]);
  while (program.length < length) program.push({ ...drawCall(chance, program), ...(chance.is(awaitShare) ? { awaits: true } : {}) });
  return program;
}

/** @param {Chance} chance @param {readonly Call[]} before @returns {Call} */
function drawCall(chance, before) {
  const saved = before.flatMap(({ does }, at) => (does === 'save' ? [at] : []));
  /** @type {Call['does']} */
  const does = chance.weighted([
    [6, 'step'],
    [3, 'pass'],
    [2, 'optim'],
    [1, 'forward'],
    [1, 'custom'],
    [3, 'save'],
    [1, 'sampler'],
    [saved.length > 0 ? 1 : 0, 'load'],
  ]);
  switch (does) {
    case 'step':
    case 'pass':
      return { does, data: data(chance, chance.is(0.4) ? chance.whole(2, 3) : 1), ...(does === 'pass' && chance.is(0.1) ? { cancelled: true } : {}) };
    case 'forward':
    case 'custom':
      return { does, data: data(chance, 1) };
    case 'load':
      return { does, of: saved[chance.whole(0, saved.length - 1)] ?? 0, optimizer: chance.is(0.7) };
    default:
      return { does };
  }
}

/** @param {Chance} chance @param {number} length */
function data(chance, length) {
  return Array.from({ length }, () => chance.one(letters)).join('');
}
