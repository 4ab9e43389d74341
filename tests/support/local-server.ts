import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { FaultRule } from '../../src/server/faults/fault-rule.js';
import { LedgerReport } from '../../src/server/ledger.js';

const ReadyLine = t.strict({ url: t.string, apiKey: t.string, dataDir: t.string, pid: t.number });
type ReadyLine = t.TypeOf<typeof ReadyLine>;

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const testKey = 'tml-test-key';

export interface ServerProcessOptions {
  /** Default: a new temporary folder, removed by `close`. */
  readonly dataDir?: string;
  /** Further arguments of `tinkerjs serve`. */
  readonly args?: readonly string[];
}

/** `tinkerjs serve --faults` in a process of its own, as `npm run build` made it. */
export interface ServerProcess {
  /** Stays the same over restarts. */
  readonly url: string;
  readonly apiKey: string;
  readonly dataDir: string;
  readonly pid: number;
  /** All that the server wrote to stderr. */
  stderr(): string;
  /** Sends the signal and waits for the end; gives the exit code, or the signal that ended it. */
  kill(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** Starts it again on the same port and data; kills it with SIGKILL first when it still runs. */
  restart(): Promise<void>;
  /** Adds a fault rule; gives its id. */
  fault(rule: FaultRule): Promise<string>;
  /** Removes all fault rules. */
  clearFaults(): Promise<void>;
  /** What was executed, skipped and received since the process started. */
  ledger(modelId?: string): Promise<LedgerReport>;
  /** Ends the process and removes the data folder, unless that was given. */
  close(): Promise<void>;
}

/** Starts a server process; call `close` when done. */
export async function startServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tinkerjs-test-')));
  let output = '';
  const launch = async (port: number): Promise<{ child: ChildProcess; ready: ReadyLine }> => {
    const args = [command, 'serve', '--port', String(port), '--faults', '--json', '--data-dir', dataDir, ...(options.args ?? [])];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TINKER_API_KEY: testKey },
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'exit').then(() => undefined);
    const line = await Promise.race([lines[Symbol.asyncIterator]().next(), ended]);
    const decoded = ReadyLine.decode(JSON.parse(typeof line?.value === 'string' ? line.value : 'null'));
    if (E.isLeft(decoded)) throw new Error(`the server did not start (build first: npm run build): ${output}`);
    return { child, ready: decoded.right };
  };
  let { child, ready } = await launch(0);

  const kill = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child.exitCode ?? child.signalCode;
  };
  const local = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const headers = { 'x-api-key': ready.apiKey, 'content-type': 'application/json' };
    const response = await fetch(`${ready.url}/api/v1/local/${path}`, { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  return {
    get url() {
      return ready.url;
    },
    get apiKey() {
      return ready.apiKey;
    },
    get pid() {
      return ready.pid;
    },
    dataDir,
    stderr: () => output,
    kill,
    restart: async () => {
      await kill('SIGKILL');
      ({ child, ready } = await launch(Number(new URL(ready.url).port)));
    },
    fault: async (rule) => {
      const answer = await local('faults', { method: 'POST', body: JSON.stringify(rule) });
      return t.type({ id: t.string }).is(answer) ? answer.id : '';
    },
    clearFaults: async () => {
      await local('faults', { method: 'DELETE' });
    },
    ledger: async (modelId) => {
      const query = modelId === undefined ? '' : `?model_id=${encodeURIComponent(modelId)}`;
      const decoded = LedgerReport.decode(await local(`ledger${query}`));
      if (E.isLeft(decoded)) throw new Error('the ledger is not readable');
      return decoded.right;
    },
    close: async () => {
      await kill('SIGKILL');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs `use` with a server process, and ends that whatever happens. */
export async function withLocalServer<A>(use: (server: ServerProcess) => Promise<A>, options: ServerProcessOptions = {}): Promise<A> {
  const server = await startServerProcess(options);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}
