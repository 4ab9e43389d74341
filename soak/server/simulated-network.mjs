import { faultsOf } from './faults.mjs';
import { json } from './model-server.mjs';

/** @typedef {import('./model-server.mjs').ModelServer} ModelServer */
/** @typedef {import('./model-server.mjs').Answer} Answer */
/** @typedef {import('./faults.mjs').Fault} Fault */
/** @typedef {import('./model-server.mjs').Request} Received */
/** @typedef {import('../../src/types/stop.js').StopSignal} StopSignal */
/** @typedef {{ answer: Answer, isHalf: boolean }} Outcome */

const api = '/api/v1/';

/**
 * The network between clients and the model server: answers take simulated time, and a few percent of them go wrong. It
 * is met in both ways in which requests leave a client.
 * @param {{ server: ModelServer, clock: import('../simulated/clock.mjs').SoakClock, chance: import('../simulated/chance.mjs').Chance }} parts
 */
export function simulatedNetwork({ server, clock, chance }) {
  /** @type {Record<string, number>} */
  const faults = {};
  let underWay = 0;

  /** @param {Received} received @param {StopSignal | undefined} signal @returns {Promise<Outcome>} */
  const exchange = async (received, signal) => {
    underWay += 1;
    try {
      /** @type {Fault} */
      const fault = chance.pick(faultsOf(received.endpoint));
      if (fault !== 'none') faults[fault] = (faults[fault] ?? 0) + 1;
      await delay(clock, chance.whole(2, 40), signal);
      if (fault === 'lost') throw broken();
      if (typeof fault === 'number') return { answer: refusal(fault), isHalf: false };
      const answer = server.handle(received);
      if (fault === 'stalled') await delay(clock, 86_400_000, signal);
      await delay(clock, chance.whole(2, 40), signal);
      if (fault === 'unheard') throw broken();
      return fault === 'garbled' ? { answer: garbled, isHalf: false } : { answer, isHalf: fault === 'half' };
    } finally {
      underWay -= 1;
    }
  };

  /** @type {typeof globalThis.fetch} */
  const fetch = async (input, init) => {
    const request = new globalThis.Request(input, init);
    const received = {
      endpoint: endpointOf(request.url),
      type: request.headers.get('content-type') ?? '',
      credential: request.headers.get('x-api-key') ?? '',
      body: new Uint8Array(await request.arrayBuffer()),
    };
    const { answer, isHalf } = await exchange(received, request.signal);
    const headers = { ...answer.headers, 'content-type': answer.type };
    if (isHalf) return new globalThis.Response(halfOf(answer), { headers });
    return new globalThis.Response(typeof answer.body === 'string' ? answer.body : Uint8Array.from(answer.body), { status: answer.status, headers });
  };

  /** @type {import('../../src/api/transport.js').Transport['send']} */
  const send = async ({ path, headers, body, signal }) => {
    const received = {
      endpoint: endpointOf(path),
      type: headers['content-type'] ?? '',
      credential: headers['x-api-key'] ?? '',
      body: typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array()),
    };
    const { answer, isHalf } = await exchange(received, signal);
    if (isHalf) throw broken();
    const given = new Map(Object.entries({ ...answer.headers, 'content-type': answer.type }));
    const bytes = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
    return { status: answer.status, headers: { get: (name) => given.get(name) ?? null }, bytes, downloadMs: 0 };
  };
  return {
    fetch,
    send,
    faults,
    /** Requests that are on their way. */
    get underWay() {
      return underWay;
    },
  };
}

/** @type {Answer} */
const garbled = { status: 200, type: 'application/json', body: '<html>' };

/** @param {string} url */
function endpointOf(url) {
  const [path = ''] = url.slice(url.indexOf(api) + api.length).split('?');
  return path;
}

/** @param {number} status @returns {Answer} */
export function refusal(status) {
  const headers = status === 429 || status === 503 ? { 'retry-after': '1' } : undefined;
  return json({ detail: `soak: ${status}` }, status, headers);
}

/** A body that breaks off. @param {Answer} answer */
function halfOf({ body }) {
  return new globalThis.ReadableStream({
    start: (controller) => {
      controller.enqueue(Buffer.from(body).subarray(0, body.length / 2));
      controller.error(broken());
    },
  });
}

function broken() {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  return Object.assign(new TypeError('fetch failed'), { cause });
}

/** @param {import('../simulated/clock.mjs').SoakClock} clock @param {number} ms @param {StopSignal | undefined} signal @returns {Promise<void>} */
function delay(clock, ms, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted === true) reject(signal.reason);
      else resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
  });
}
