/**
 * The model server behind real sockets, in a process of its own, so that what the client's process counts is the
 * client's. It is told what to do by its parent, and ends with it.
 */
import { createServer } from 'node:http';
import { Chance } from '../simulated/chance.mjs';
import { faultsOf } from './faults.mjs';
import { json, ModelServer } from './model-server.mjs';
import { refusal } from './simulated-network.mjs';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('./model-server.mjs').Answer} Answer */

const api = '/api/v1/';
const scale = Number(process.argv[2]);
const isCalm = process.argv[3] === 'calm';
// Connections are let go soon, so that those that nobody uses are not counted for long.
const keepAliveMs = 3_000;
const mostKept = 100_000;

const model = new ModelServer({ now: () => performance.now() * scale });
const chance = new Chance(7);
/** @type {Record<string, number>} */
const faults = {};
let connections = 0;

const server = createServer({ keepAlive: true, keepAliveTimeout: keepAliveMs }, (request, response) => {
  /** @type {Buffer[]} */
  const parts = [];
  let kept = 0;
  request.on('data', (part) => {
    // Of what is larger the beginning says enough, and the server is not to be held up by the rest.
    if (kept < mostKept) parts.push(part);
    kept += part.length;
  });
  request.on('end', () => answer(request, response, Buffer.concat(parts, Math.min(kept, mostKept))));
  request.on('error', () => response.destroy());
});
server.on('connection', () => {
  connections += 1;
});

/** @param {IncomingMessage} request @param {ServerResponse} response @param {Buffer} body */
function answer(request, response, body) {
  const [endpoint = ''] = (request.url ?? '').slice(api.length).split('?');
  const fault = isCalm ? 'none' : chance.pick(faultsOf(endpoint));
  if (fault !== 'none') faults[fault] = (faults[fault] ?? 0) + 1;
  if (fault === 'lost') return void request.socket.destroy();
  if (typeof fault === 'number') return write(response, refusal(fault));
  const given = model.handle({ endpoint, body, type: request.headers['content-type'] ?? '', credential: String(request.headers['x-api-key'] ?? '') });
  if (fault === 'unheard') return void request.socket.destroy();
  if (fault === 'stalled') return;
  if (fault === 'garbled') return write(response, { ...given, type: 'application/json', body: '<html>' });
  write(response, given, fault === 'half');
}

/** @param {ServerResponse} response @param {Answer} answer @param {boolean} [isHalf] */
function write(response, { status, type, body, headers = {} }, isHalf = false) {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': bytes.length });
  if (!isHalf) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

/** @type {Record<string, (told: any) => unknown>} */
const commands = {
  order: ({ endpoint, status, body }) => model.next(endpoint, () => json(body, status)),
  forget: ({ sessionId }) => model.forget(sessionId),
  beatAnew: () => {
    model.heartbeats = { count: 0, longestGapMs: 0 };
  },
  report: () => ({ faults, connections, heartbeats: model.heartbeats, executed: model.executed, repeated: model.repeated, requests: model.requests }),
};

process.on('message', (/** @type {{ id: number, command: string }} */ told) => {
  const said = commands[told.command]?.(told);
  process.send?.({ id: told.id, said });
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  process.send?.({ id: 0, said: `http://127.0.0.1:${address.port}` });
});
