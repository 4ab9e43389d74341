import { join } from 'node:path';
import { ArchiveStore } from './archives/archive-store.js';
import { BuiltFiles } from './archives/archive-files.js';
import { UrlSigner } from './archives/archive-signing.js';
import { AuditLog } from './audit/audit-log.js';
import { UsageBook } from './usage/billing-usage.js';
import { CheckpointBooks } from './checkpoints/checkpoint-books.js';
import { CheckpointIndex } from './checkpoints/checkpoint-index.js';
import type { Clock } from './clock.js';
import { keptTokenSecret } from './data-dir.js';
import type { Engine } from './engine/engine.js';
import { messageOf } from './engine/engine-error.js';
import { FaultInjector } from './faults/faults.js';
import { FutureTable } from './futures/futures.js';
import { Ledger } from './ledger.js';
import { Operations, readKeptResults } from './operations.js';
import type { ResolvedServerOptions } from './options/options.js';
import { RunRegistry, type Run } from './runs/runs.js';
import { SamplerRegistry } from './sampling/samplers.js';
import { SessionRegistry } from './sessions/sessions.js';
import { StateStore } from './state-store.js';
import { tokenIssuer, type TokenIssuer } from './tokens.js';

/** Everything behind the endpoints. */
export interface LocalApi {
  readonly options: ResolvedServerOptions;
  readonly apiKey: string;
  /** Absent when the key itself goes with every request. */
  readonly tokens: TokenIssuer | undefined;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly sessions: SessionRegistry;
  readonly runs: RunRegistry;
  readonly samplers: SamplerRegistry;
  readonly futures: FutureTable;
  readonly operations: Operations;
  readonly checkpoints: CheckpointIndex;
  /** What happens to checkpoints is noted here. */
  readonly audit: AuditLog;
  /** What is used is noted here. */
  readonly usage: UsageBook;
  /** Files made for downloads. */
  readonly files: BuiltFiles;
  readonly archives: ArchiveStore;
  readonly signer: UrlSigner;
  readonly ledger: Ledger;
  readonly faults: FaultInjector;
  /** Finishes what must not be lost, and leaves nothing running. */
  close(): Promise<void>;
}

/** What the server is built upon. */
export interface LocalApiParts {
  readonly options: ResolvedServerOptions;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly bootId: string;
  readonly earlierBoots: ReadonlySet<string>;
}

const unreadRetentionMs = 24 * 3_600_000;
const housekeepingMs = 5_000;
const mostDownloadBytes = 4 * 1024 ** 3;

/** Reads what earlier runs of the server left, and builds everything behind the endpoints. */
export async function openLocalApi(parts: LocalApiParts): Promise<LocalApi> {
  const { options, clock, engine } = parts;
  const { log, dataDir, missingSeqTimeoutMs, sessionTimeoutMs, futureRetentionMs } = options;
  const store = new StateStore(dataDir, log);
  const ledger = new Ledger(options.faults);
  const runs = new RunRegistry({
    clock,
    store,
    missingSeqTimeoutMs,
    onSkip: (modelId, from, to) => {
      log(`model ${modelId}: seq_id ${from === to ? from : `${from} to ${to}`} did not come within ${missingSeqTimeoutMs} ms and is skipped`);
      for (let seqId = from; seqId <= to; seqId += 1) ledger.skipped({ modelId, seqId });
    },
  });
  const samplers = new SamplerRegistry({ dataDir, engine, log });
  const sessions = new SessionRegistry({
    clock,
    store,
    sessionTimeoutMs,
    onEnded: (sessionId, why) => {
      log(`session ${sessionId} has ended because ${why}; its models are unloaded`);
      for (const run of runs.all()) {
        if (run.record.sessionId === sessionId && run.queue !== undefined) unload(run, why);
      }
      samplers.endSession(sessionId);
    },
  });
  const usage = new UsageBook(store, clock);
  const audit = new AuditLog(dataDir, clock, log);
  const files = new BuiltFiles({ folder: join(dataDir, 'downloads'), maxBytes: mostDownloadBytes, clock, holdMs: options.pollHoldMs });
  const archives = new ArchiveStore(files);
  const books = new CheckpointBooks({ clock, usage, audit, archives });
  const checkpoints = new CheckpointIndex({ dataDir, store, clock, log, onEvent: (event, checkpoint) => books.note(event, checkpoint) });
  await Promise.all([sessions.load(), runs.load(), samplers.load(), usage.load(), audit.open(), files.open()]);
  // What expired while there was no server is noted too, so the books are open by then.
  await checkpoints.load();
  const futures = new FutureTable({
    ...parts,
    kept: await readKeptResults(store, clock),
    retentionMs: futureRetentionMs,
    unreadRetentionMs,
  });
  const operations = new Operations({ clock, store, futures, runs, ledger, log });

  const unloading = new Set<Promise<void>>();
  function unload(run: Run, why: string): void {
    const done = unloadModel(run, runs, engine, why)
      .catch((thrown: unknown) => log(`model ${run.record.modelId} cannot be unloaded: ${messageOf(thrown)}`))
      .finally(() => unloading.delete(done));
    unloading.add(done);
  }

  let cancelHousekeeping = clock.after(housekeepingMs, keepHouse);
  function keepHouse(): void {
    sessions.sweep();
    futures.sweep();
    checkpoints.sweep().catch((thrown: unknown) => log(`cannot remove expired checkpoints: ${messageOf(thrown)}`));
    Promise.all([runs.flush(), usage.flush()]).catch((thrown: unknown) => log(`cannot write down what was used: ${messageOf(thrown)}`));
    cancelHousekeeping = clock.after(housekeepingMs, keepHouse);
  }

  return {
    options,
    apiKey: parts.apiKey,
    tokens: options.jwtAuth === undefined ? undefined : tokenIssuer(clock, await keptTokenSecret(dataDir), options.jwtAuth.lifetimeSeconds),
    clock,
    engine,
    sessions,
    runs,
    samplers,
    futures,
    operations,
    checkpoints,
    audit,
    usage,
    files,
    archives,
    signer: new UrlSigner(),
    ledger,
    faults: new FaultInjector(),
    close: async () => {
      cancelHousekeeping();
      await operations.close();
      futures.release();
      await Promise.all(unloading);
      await checkpoints.sweep();
      await Promise.all([runs.flush(), usage.flush(), audit.flush(), files.idle(), samplers.idle()]);
      await engine.close();
      await store.flush();
    },
  };
}

/** Drops the model of a session that has ended, after the operation that it is at. */
async function unloadModel(run: Run, runs: RunRegistry, engine: Engine, why: string): Promise<void> {
  await runs.end(run, 'sessionEnded', `its session ended because ${why}`);
  await run.queue?.stop();
  await engine.unloadModel(run.record.modelId);
}
