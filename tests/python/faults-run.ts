import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { ServiceClient } from '../../src/index.js';
import type { FaultRule } from '../../src/server/faults/fault-rule.js';
import type { ServerProcess } from '../support/local-server.js';
import { programs, type ProgramName, type Told } from './faults-ours.js';
import { startProxy, type Instead, type Passing, type Proxy } from './faults-proxy.js';
import { runPython } from './support/run-python.js';
import type { Sdk } from './support/versions.js';

/** What goes wrong, for whichever client runs into it. */
export interface Fault {
  readonly program: ProgramName;
  readonly rules: readonly FaultRule[];
  /** Where the server's own faults do not do: what a proxy says instead, made anew for each run. */
  readonly instead?: () => (passing: Passing) => Instead | undefined;
}

/** What one program did. */
export interface Seen {
  readonly told: Told;
  /** What the program's first model executed, in order: `optim_step 1`. */
  readonly executed: readonly string[];
  /** Requests to an endpoint since the fault was there. */
  readonly sent: (endpoint: string) => readonly Passing[];
  /** Models made in addition to the first one, and not unloaded. */
  readonly left: number;
}

/** Runs the program in Python. */
export function bySdk(sdk: Sdk, server: ServerProcess, fault: Fault): Promise<Seen> {
  return watched(server, fault, async (url) => {
    const args = [fault.program, JSON.stringify(fault.rules)];
    const { lines } = await runPython(sdk, 'faults_program.py', { server: { url, apiKey: server.apiKey }, args, env: { TINKER_TELEMETRY: '1' } });
    const told = t.record(t.string, t.string).decode(lines[0]);
    if (E.isLeft(told)) throw new Error(`faults_program.py said ${JSON.stringify(lines)}`);
    return told.right;
  });
}

/** Runs the same with our client. */
export function byUs(server: ServerProcess, fault: Fault): Promise<Seen> {
  return watched(server, fault, async (url) => {
    const service = new ServiceClient({ baseUrl: url, apiKey: server.apiKey, telemetry: true, onError: () => undefined });
    const inject = async (): Promise<void> => {
      for (const rule of fault.rules) await fetch(`${url}/api/v1/local/faults`, { method: 'POST', headers: headersOf(server), body: JSON.stringify(rule) });
    };
    try {
      return await programs[fault.program]({ service, inject });
    } finally {
      await service.close();
    }
  });
}

const headersOf = ({ apiKey }: ServerProcess) => ({ 'x-api-key': apiKey, 'content-type': 'application/json' });

async function watched(server: ServerProcess, fault: Fault, run: (url: string) => Promise<Told>): Promise<Seen> {
  const before = (await server.ledger()).operations.length;
  const proxy = await startProxy(server.url, fault.instead?.() ?? (() => undefined));
  try {
    const told = await run(proxy.url);
    const operations = (await server.ledger()).operations.slice(before);
    const executed = operations.filter(({ modelId, seqId }) => modelId === told['model'] && seqId !== undefined);
    const ended = (wanted: string) => operations.filter(({ kind, outcome }) => kind === wanted && outcome === 'done').length;
    return {
      told,
      executed: executed.map(({ kind, seqId }) => `${kind} ${seqId}`),
      sent: (endpoint) => afterFault(proxy).filter((passing) => passing.endpoint === endpoint),
      left: ended('create_model') - 1 - ended('unload_model'),
    };
  } finally {
    await server.clearFaults();
    await proxy.close();
  }
}

/** Without a rule all counts. */
function afterFault({ passed }: Proxy): readonly Passing[] {
  return passed.slice(passed.findLastIndex(({ endpoint }) => endpoint === 'local/faults') + 1);
}
