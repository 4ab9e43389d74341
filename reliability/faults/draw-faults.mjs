/** @typedef {import('tinkerjs/server').FaultRule} FaultRule */
/** @typedef {import('tinkerjs/server').FaultAction} FaultAction */
/** @typedef {import('../driver/chance.mjs').Chance} Chance */
/** @typedef {import('./schedule.mjs').Schedule} Schedule */

const statuses = /** @type {const} */ ([400, 401, 402, 403, 404, 408, 409, 410, 413, 425, 429, 500, 502, 503, 504]);

/** @param {Chance} chance @returns {Pick<Schedule, 'rules' | 'cuts' | 'blows'>} */
export function drawFaults(chance) {
  return {
    rules: Array.from({ length: chance.weighted([[1, 0], [4, 1], [3, 2], [1, 3]]) }, () => drawRule(chance)),
    cuts: Array.from({ length: chance.weighted([[6, 0], [2, 1], [1, 2]]) }, () => drawCut(chance)),
    blows: drawBlows(chance),
  };
}

/** @param {Chance} chance @returns {FaultRule} */
function drawRule(chance) {
  const endpoint = chance.weighted([
    [8, 'retrieve_future'],
    [6, 'forward_backward'],
    [6, 'optim_step'],
    [4, 'save_weights'],
    [2, 'load_weights'],
    [2, 'save_weights_for_sampler'],
    [1, 'forward'],
    [1, 'asample'],
    [1, 'create_model'],
    [1, 'create_session'],
    [1, 'session_heartbeat'],
    [1, 'client/config'],
    [1, 'weights_info'],
    [2, '*'],
  ]);
  const nth = chance.weighted([[4, 1], [3, 2], [2, 3], [1, 5]]);
  // Some faults outlast the time for which a request is sent again.
  const count = chance.weighted([[6, 1], [2, 2], [1, 4], [1, 40]]);
  return { endpoint, nth, count, ...drawAction(chance, endpoint) };
}

/** @param {Chance} chance @param {string} endpoint @returns {FaultAction} */
function drawAction(chance, endpoint) {
  const isPoll = endpoint === 'retrieve_future';
  /** @type {FaultAction['action']} */
  const action = chance.weighted([
    [6, 'dropAnswer'],
    [4, 'reset'],
    [3, 'delay'],
    [5, 'status'],
    [2, 'malformedJson'],
    [2, 'malformedProtobuf'],
    [2, 'wrongShape'],
    [3, 'halfBody'],
    [1, 'billing'],
    [isPoll ? 3 : 0, 'paused'],
    [isPoll ? 2 : 0, 'expired'],
  ]);
  switch (action) {
    case 'delay':
      return { action, ms: chance.weighted([[3, 20], [2, 100], [1, 1_500]]) };
    case 'status':
      return { action, status: chance.one(statuses), ...drawBody(chance), ...(chance.is(0.3) ? { headers: { 'retry-after': chance.one(['1', '5', '-3', 'soon']) } } : {}) };
    case 'paused':
      return { action, state: chance.one(['paused_capacity', 'paused_rate_limit']) };
    default:
      return { action };
  }
}

/** @param {Chance} chance */
function drawBody(chance) {
  return chance.weighted([
    [4, {}],
    [1, { body: '' }],
    [1, { body: null }],
  ]);
}

/** @param {Chance} chance @returns {import('./proxy.mjs').Cut} */
function drawCut(chance) {
  return {
    direction: chance.one(['up', 'down']),
    // A whole program sends some 6,000 bytes, and is sent as many.
    afterBytes: chance.whole(0, 6_000),
    does: chance.weighted([[3, 'reset'], [2, 'end'], [2, 'stall'], [1, 'silence']]),
    ms: chance.one([50, 300, 1_500]),
  };
}

/** @param {Chance} chance @returns {Schedule['blows']} */
function drawBlows(chance) {
  /** @type {Schedule['blows'][number]['what'] | 'killBoth' | undefined} */
  const what = chance.weighted([
    [87, undefined],
    [2, 'killServer'],
    [6, 'killClient'],
    [1, 'killBoth'],
    [2, 'freezeServer'],
    [2, 'freezeClient'],
  ]);
  const blow = { afterMs: chance.whole(0, 250), forMs: chance.whole(0, 300) };
  switch (what) {
    case undefined:
      return [];
    case 'killBoth':
      return [{ what: 'killServer', ...blow }, { what: 'killClient', afterMs: chance.whole(0, 250), forMs: 0 }];
    case 'freezeServer':
    case 'freezeClient':
      return [{ what, ...blow, forMs: chance.whole(100, 2_000) }];
    default:
      return [{ what, ...blow }];
  }
}
