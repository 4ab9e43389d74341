/**
 * What programs are made of, and what the server is to execute for each part.
 *
 * @typedef {object} Call
 * @property {'pass' | 'step' | 'optim' | 'forward' | 'custom' | 'save' | 'sampler' | 'load'} does
 * @property {string} [data] a letter per datum; each datum is a request of its own, where the server's settings come through
 * @property {number} [of] which call saved what is loaded
 * @property {boolean} [optimizer] whether the optimizer's state is loaded too
 * @property {boolean} [cancelled] whether it is taken back at once
 * @property {boolean} [awaits] whether everything before it is awaited first
 *
 * @typedef {object} Part one request of a training client
 * @property {string} kind as the server's ledger names it
 * @property {Item | undefined} item what it does to the model, or tells of it; undefined where that is nothing
 *
 * @typedef {object} Item what counts of an executed request
 * @property {'pass' | 'forward' | 'custom' | 'optim' | 'save' | 'sampler' | 'load'} does
 * @property {string} [data] a letter per datum
 * @property {string} [state] the state that is loaded, by name
 * @property {boolean} [optimizer]
 *
 * @typedef {object} Unit an operation of the client
 * @property {string} key the call's place, and which of its operations it is
 * @property {string} kind as `Operation.kind` has it
 * @property {readonly Part[]} parts
 */

/** The name under which a call saves; each attempt at the program has names of its own. @param {number | 'end'} at @param {number} attempt */
export function checkpointName(at, attempt) {
  return `call-${at}.${attempt}`;
}

/**
 * @param {Call} call
 * @param {number | 'end'} at its place
 * @param {(saved: number) => string} stateOf the name of the state that a call saved
 * @param {boolean} chunked whether each datum is a request of its own
 * @returns {Unit[]}
 */
export function unitsOf(call, at, stateOf, chunked) {
  const { does, data = '', of = 0, optimizer = false } = call;
  /** @param {Item['does']} what @param {string} kind */
  const passes = (what, kind) => (chunked ? [...data] : [data]).map((part) => ({ kind, item: { does: what, data: part } }));
  const optim = { kind: 'optim_step', item: /** @type {Item} */ ({ does: 'optim' }) };
  switch (does) {
    case 'pass':
      return [{ key: `${at}`, kind: 'forwardBackward', parts: passes('pass', 'forward_backward') }];
    case 'forward':
      return [{ key: `${at}`, kind: 'forward', parts: passes('forward', 'forward') }];
    case 'optim':
      return [{ key: `${at}`, kind: 'optimStep', parts: [optim] }];
    case 'step':
      return [
        { key: `${at}`, kind: 'forwardBackward', parts: passes('pass', 'forward_backward') },
        { key: `${at}.optim`, kind: 'optimStep', parts: [optim] },
      ];
    case 'custom':
      return [
        {
          key: `${at}`,
          kind: 'forwardBackwardCustom',
          parts: [...passes('forward', 'forward').map(({ kind }) => ({ kind, item: undefined })), ...passes('custom', 'forward_backward')],
        },
      ];
    case 'save':
      return [{ key: `${at}`, kind: 'saveState', parts: [{ kind: 'save_weights', item: { does: 'save' } }] }];
    case 'sampler':
      return [{ key: `${at}`, kind: 'saveWeightsAndGetSamplingClient', parts: [{ kind: 'save_weights_for_sampler', item: { does: 'sampler' } }] }];
    case 'load':
      return [{ key: `${at}`, kind: 'loadState', parts: [{ kind: 'load_weights', item: { does: 'load', state: stateOf(of), optimizer } }] }];
  }
}
