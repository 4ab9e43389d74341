/**
 * A server that answers at once, for measuring clients: it must be far faster than any of them, so requests
 * are barely read and answers are prebuilt. It speaks what a training and a sampling client need; results
 * are there at the first poll, and as large as real ones.
 *
 *   node bench/stub/server.mjs [--httpx]
 *
 * prints one line of JSON with `url` and `pid`, and ends on SIGTERM or when its standard input, where that
 * is a pipe, is closed. `--httpx` tells the Python SDK to use that transport. `GET /bench/stats` tells how many requests of each path it has served.
 */
import { fstatSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { json, passResult, protobuf, sampleResult } from './answers.mjs';
import { RequestReader } from './requests.mjs';
import { passSize } from './sizes.mjs';

const { values } = parseArgs({ options: { httpx: { type: 'boolean', default: false } } });

/** @type {import('../cases/work.mjs').Work} */
const work = JSON.parse(readFileSync(new URL('../work.json', import.meta.url), 'utf8'));

const api = '/api/v1/';
const run = 'bench:train:0';

/** What is answered at once; the session's ids are the same for every client, which is all that they need. */
const atOnce = new Map(
  Object.entries({
    'client/config': { use_pyqwest_transport: !values.httpx },
    'client/dynamic_config': { refresh_interval_sec: 300 },
    'auth/token': { jwt: 'not-used' },
    healthz: { status: 'ok' },
    get_server_capabilities: { supported_models: [{ model_name: 'bench/base', max_context_length: 32768 }] },
    create_session: { type: 'create_session', session_id: 'bench' },
    session_heartbeat: { type: 'session_heartbeat' },
    create_sampling_session: { type: 'create_sampling_session', sampling_session_id: 'bench:sample:0' },
    get_info: { model_id: run, model_data: { arch: 'llama', model_name: 'bench/base', tokenizer_id: 'bench/base' }, is_lora: true, lora_rank: 8 },
    weights_info: { base_model: 'bench/base', is_lora: true, lora_rank: 8, train_unembed: true, train_mlp: true, train_attn: true },
    telemetry: { status: 'accepted' },
  }).map(([endpoint, answer]) => [api + endpoint, json(answer)]),
);

/** What is answered by an id to ask for the result with; its first letters say which result. */
const submits = new Map(
  Object.entries({
    create_model: 'model',
    unload_model: 'unload',
    forward_backward: 'pass',
    forward: 'pass',
    optim_step: 'optim',
    save_weights: 'save',
    save_weights_for_sampler: 'sampler',
    load_weights: 'load',
    asample: 'sample',
  }).map(([endpoint, kind]) => [api + endpoint, kind]),
);

/** Results by kind; those of passes by size as well, each made when it is first asked for. */
const results = new Map(
  Object.entries({
    model: { model_id: run, type: 'create_model' },
    unload: { model_id: run, type: 'unload_model' },
    optim: { metrics: {} },
    save: { path: `tinker://${run}/weights/bench`, type: 'save_weights' },
    sampler: { path: `tinker://${run}/sampler_weights/bench`, sampling_session_id: 'bench:sample:0', type: 'save_weights_for_sampler' },
    load: { path: `tinker://${run}/weights/bench`, model_id: run, type: 'load_weights' },
  }).map(([kind, result]) => [kind, json(result)]),
);
results.set('sample', protobuf(sampleResult(work.cases.sample.maxTokens)));

const notFound = json({ detail: 'Not Found' }, '404 Not Found');
const cannotSize = json({ detail: 'The stub answers passes in protobuf with datums of one size' }, '400 Bad Request');

/** @type {Map<string, number>} */
let served = new Map();
let bytesIn = 0;
let bytesOut = 0;
let connections = 0;
let ids = 0;

/** @param {import('./requests.mjs').StubRequest} request */
function kindOf({ path, prefix, bodyBytes }) {
  const kind = submits.get(path);
  if (kind !== 'pass') return kind;
  const size = passSize(prefix, bodyBytes);
  return size === undefined ? undefined : `pass.${size.datums}.${size.tokens}`;
}

/** @param {string} kind */
function resultOf(kind) {
  const known = results.get(kind);
  if (known !== undefined) return known;
  const [name, datums, tokens] = kind.split('.');
  if (name !== 'pass') return notFound;
  const made = protobuf(passResult(Number(datums), Number(tokens)));
  results.set(kind, made);
  return made;
}

function stats() {
  const { user, system } = process.cpuUsage();
  return { requests: Object.fromEntries(served), bytesIn, bytesOut, connections, cpuSeconds: (user + system) / 1e6 };
}

function reset() {
  served = new Map();
  bytesIn = bytesOut = connections = 0;
}

/** @param {import('./requests.mjs').StubRequest} request */
function answer(request) {
  const { path, prefix, bodyBytes } = request;
  if (path === '/bench/stats') return json(stats());
  if (path === '/bench/reset') {
    reset();
    return json({});
  }
  served.set(path, (served.get(path) ?? 0) + 1);
  bytesIn += bodyBytes;
  if (path === '/api/v1/retrieve_future') return resultOf(askedFor(prefix));
  const ready = atOnce.get(path);
  if (ready !== undefined) return ready;
  if (!submits.has(path)) return notFound;
  const kind = kindOf(request);
  if (kind === undefined) return cannotSize;
  ids += 1;
  // Newer clients take the names of a sample's sequences from here, and refuse an answer without them.
  const sequences = path === '/api/v1/asample' ? `,"sample_sequence_ids":["sequence-${ids}"]` : '';
  const body = `{"request_id":"${kind}-${ids}"${sequences}}`;
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** The kind in the id that a poll asks for. @param {Buffer} prefix */
function askedFor(prefix) {
  const body = prefix.toString('latin1');
  const from = body.indexOf('"', body.indexOf(':') + 1) + 1;
  return body.slice(from, body.indexOf('-', from));
}

const server = createServer({ noDelay: true }, (socket) => {
  connections += 1;
  const reader = new RequestReader(
    (request) => {
      const given = answer(request);
      bytesOut += given.length;
      if (typeof given === 'string') socket.write(given, 'latin1');
      else socket.write(given);
      if (request.closes) socket.end();
    },
    () => socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1'),
  );
  socket.on('data', (data) => reader.take(data));
  // A client that ends breaks its connections off.
  socket.on('error', () => socket.destroy());
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stub has no port');
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}`, pid: process.pid })}\n`);
});

process.on('SIGTERM', () => process.exit(0));
const input = fstatSync(0);
if (input.isFIFO() || input.isSocket()) process.stdin.on('end', () => process.exit(0)).resume();
