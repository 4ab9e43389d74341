/**
 * One case as fast as Node can send it: the bytes of our client, written beforehand, through `undici.request`,
 * as many requests, in the order that the protocol demands: an operation is submitted when the one before it
 * is taken, its result is asked for at once. Results are read whole and not decoded.
 *
 *   node bench/cases/limit.mjs CASE --url URL [--scale F] [--transport undici|http]
 *
 * `http`, Node's own client, is there for `start`: it needs nothing to be loaded.
 */
import { inFlight, report, sinceStart, soak, span } from './measure.mjs';
import { saveOrLoadRequest, sampleRequest, startUp, submitHeaders, pollHeaders } from './requests.mjs';
import { asked } from './work.mjs';

/** @typedef {import('./requests.mjs').Prepared} Prepared */
/** @typedef {(path: string, headers: Record<string, string>, body: string | Uint8Array) => Promise<Uint8Array>} Send */

const { name, url, transport, settings } = asked();
const { operations, warmUp, ahead, datums, warmUpDatums } = settings;
const { send, end } = await (transport === 'http' ? overHttp() : overUndici());

async function overUndici() {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  /** @type {Send} */
  const send = async (path, headers, body) => {
    const { statusCode, body: answer } = await request(url + path, { dispatcher, method: 'POST', headers, body });
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  return { send, end: () => dispatcher.close() };
}

async function overHttp() {
  const http = await import('node:http');
  const agent = new http.Agent({ keepAlive: true });
  /** @type {Send} */
  const send = (path, headers, body) =>
    new Promise((resolve, reject) => {
      const length = String(Buffer.byteLength(body));
      const sent = http.request(url + path, { agent, method: 'POST', headers: { ...headers, 'content-length': length } }, (answer) => {
        /** @type {Buffer[]} */
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(Buffer.concat(parts));
          else reject(new Error(`${path}: ${answer.statusCode}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return { send, end: async () => agent.destroy() };
}

/** Submits one request; its id is what the answer says. @param {Prepared} request @returns {Promise<string>} */
async function submit(request) {
  const answer = await send(request.path, submitHeaders(request), request.body);
  return JSON.parse(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString()).request_id;
}

/** @param {Prepared} request @param {string} requestId */
function poll(request, requestId) {
  return send('/api/v1/retrieve_future', pollHeaders(request), `{"request_id":"${requestId}","allow_metadata_only":true}`);
}

/** Submits the parts of operations in order, and gives when all their results are there. */
class Queue {
  /** @type {Promise<unknown>} */
  #taken = Promise.resolve();

  /**
   * @param {readonly Prepared[]} parts
   * @returns {Promise<unknown>}
   */
  add(parts) {
    /** @type {Promise<unknown>[]} */
    const results = [];
    const submitPart = async (/** @type {Prepared} */ part) => {
      const id = await submit(part);
      results.push(poll(part, id));
    };
    const taken = this.#taken.then(async () => {
      const [first, ...others] = parts;
      // The server holds the others until the first is there.
      await inFlight(others.length, chunksTogether, (at) => submitPart(/** @type {Prepared} */ (others[at])));
      if (first !== undefined) await submitPart(first);
    });
    this.#taken = taken;
    return taken.then(() => Promise.all(results));
  }
}

/** As many chunks of at most 5 MB as fit into the room for chunks on their way (wire protocol §4.7). */
const chunksTogether = 11;

/**
 * Adds operations to a queue, at most `most` of them open at a time.
 * @param {Queue} queue
 * @param {readonly (readonly Prepared[])[]} all
 * @param {number} most
 */
async function inOrder(queue, all, most) {
  /** @type {Promise<unknown>[]} */
  const open = [];
  for (const parts of all) {
    if (open.length >= most) await open.shift();
    open.push(queue.add(parts));
  }
  await Promise.all(open);
}

/** @param {number} count */
const savesAndLoads = (count) => Array.from({ length: count }, (_, at) => [saveOrLoadRequest(at)]);

/** @param {Prepared} request */
const ask = (request) => send(request.path, submitHeaders(request), request.body);

async function openSession() {
  for (const request of startUp.settings) await ask(request);
  await ask(startUp.session);
}

async function openTraining() {
  await openSession();
  await poll(startUp.model, await submit(startUp.model));
  return new Queue();
}

const cases = {
  start: async () => {
    const queue = await openTraining();
    await queue.add([saveOrLoadRequest(0)]);
    return { spent: sinceStart(), extra: {} };
  },
  'in-turn': async () => {
    const queue = await openTraining();
    const all = savesAndLoads(operations);
    await inOrder(queue, savesAndLoads(warmUp), 1);
    return { spent: await span(() => inOrder(queue, all, 1)), extra: {} };
  },
  'at-once': async () => {
    const queue = await openTraining();
    const all = savesAndLoads(operations);
    await inOrder(queue, savesAndLoads(warmUp), warmUp);
    return { spent: await span(() => inOrder(queue, all, operations)), extra: {} };
  },
  step: async () => {
    const { optimStepRequest, passRequests } = await import('./bodies.mjs');
    const queue = await openTraining();
    const passes = [0, 1, 2, 3].map(() => passRequests(datums, settings.tokens));
    const steps = (/** @type {number} */ count) =>
      Array.from({ length: count }, (_, at) => [passes[at % passes.length] ?? [], [optimStepRequest(2 * at + 2)]]).flat();
    const measured = steps(operations);
    await inOrder(queue, steps(warmUp), 2 * ahead);
    return { spent: await span(() => inOrder(queue, measured, 2 * ahead)), extra: {} };
  },
  'big-batch': async () => {
    const { passRequests } = await import('./bodies.mjs');
    const queue = await openTraining();
    await queue.add(passRequests(warmUpDatums, settings.tokens));
    const parts = passRequests(datums, settings.tokens, 2);
    return { spent: await span(() => queue.add(parts)), extra: {} };
  },
  sample: async () => {
    const { tokens } = await import('./data.mjs');
    await openSession();
    await ask(startUp.sampler);
    const prompts = Array.from({ length: 16 }, (_, seed) => tokens(settings.promptTokens, seed));
    const requests = (/** @type {number} */ count) =>
      Array.from({ length: count }, (_, at) => sampleRequest(at, prompts[at % prompts.length] ?? [], settings.maxTokens));
    const run = async (/** @type {Prepared} */ request) => poll(request, await submit(request));
    const each = (/** @type {readonly Prepared[]} */ all) => inFlight(all.length, ahead, (at) => run(/** @type {Prepared} */ (all[at])));
    const measured = requests(operations);
    await each(requests(warmUp));
    return { spent: await span(() => each(measured)), extra: {} };
  },
  soak: async () => {
    const queue = await openTraining();
    await queue.add([saveOrLoadRequest(0)]);
    return soak(settings, (count) => inOrder(queue, savesAndLoads(count), ahead));
  },
};

const { spent, extra } = await cases[name]();
report({ case: name, client: 'limit', operations, ...spent }, { ...extra, transport });
await end();
