import { createApp } from './app.js';
import { systemClock } from './clock.js';
import { keptApiKey, openDataDir } from './data-dir.js';
import { startEngine } from './engine/host.js';
import type { FaultRule } from './faults/fault-rule.js';
import type { ActiveFault } from './faults/faults.js';
import type { LedgerReport } from './ledger.js';
import { listen } from './listen.js';
import { openLocalApi } from './local-api.js';
import { resolveServerOptions, type LocalServerOptions } from './options/options.js';

/** Fault injection in the server's own process. */
export interface Faults {
  /**
   * Adds a rule; the id removes it again.
   * @throws TinkerError `validation` naming the field of the rule that is wrong
   */
  add(rule: FaultRule): string;
  /** Removes a rule, used up or not; tells whether there was one. */
  remove(id: string): boolean;
  /** Removes all rules. */
  clear(): void;
  /** The rules that were added and not removed, oldest first. */
  list(): readonly ActiveFault[];
}

/** A running local server. */
export interface LocalServer {
  /** Give this to clients as `baseUrl` or `TINKER_BASE_URL`. */
  readonly url: string;
  /** Give this to clients as `apiKey` or `TINKER_API_KEY`. */
  readonly apiKey: string;
  /** Where checkpoints, runs and sessions are kept. */
  readonly dataDir: string;
  /** What is to go wrong; works whatever the option `faults` says, which opens the same over HTTP. */
  readonly faults: Faults;
  /** What was executed and received; operations are recorded with the option `faults` only. */
  ledger(modelId?: string): LedgerReport;
  /**
   * Stops: takes nothing new in, finishes the running operation and every accepted save with what
   * comes before it, answers the polls, and closes port, worker and timers. What else was accepted
   * ends as a failed future, also for polls after a restart.
   */
  close(): Promise<void>;
}

const closingGraceMs = 1000;

/**
 * Starts a server that speaks the Tinker training API and really trains, on this machine's CPU.
 * @throws TinkerError `validation` for a bad option or a data folder in use, `connection` when the
 * port cannot be opened
 */
export async function startLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  const resolved = resolveServerOptions(options);
  const dataDir = await openDataDir(resolved.dataDir);
  const engine = await startEngine();
  try {
    const apiKey = resolved.apiKey ?? (await keptApiKey(dataDir.path));
    const api = await openLocalApi({ ...dataDir, options: resolved, apiKey, clock: systemClock, engine });
    const port = await listen(createApp(api), resolved.host, resolved.port).catch(async (thrown: unknown) => {
      await api.close();
      throw thrown;
    });
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await api.close();
      await port.close(closingGraceMs);
      await dataDir.release();
    };
    return {
      url: port.url,
      apiKey,
      dataDir: dataDir.path,
      faults: api.faults,
      ledger: (modelId) => api.ledger.report(modelId),
      close: () => (closing ??= close()),
    };
  } catch (thrown) {
    await engine.close();
    await dataDir.release();
    throw thrown;
  }
}
