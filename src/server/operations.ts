import * as t from 'io-ts';
import { isoTime, type Clock } from './clock.js';
import { asSentence } from '../types/errors.js';
import { EngineError, messageOf, withoutPlaces } from './engine/engine-error.js';
import type { FutureResult } from './futures/future-result.js';
import type { FutureOutcome, FutureTable } from './futures/futures.js';
import { HttpError } from './http-error.js';
import type { Ledger, OperationKind } from './ledger.js';
import { whyGone, type Run, type RunRegistry } from './runs/runs.js';
import type { StateStore } from './state-store.js';

/** The result of a save, kept so that a client can still fetch it after a restart. */
const KeptResult = t.strict({ requestId: t.string, body: t.string, at: t.string }, 'KeptResult');
const keptForMs = 7 * 24 * 3_600_000;

/** Reads the results that outlived the process, and forgets the old ones. */
export async function readKeptResults(store: StateStore, clock: Clock): Promise<ReadonlyMap<string, FutureOutcome>> {
  const kept = new Map<string, FutureOutcome>();
  for (const result of await store.readAll('results', KeptResult)) {
    if (clock.now() - Date.parse(result.at) > keptForMs) await store.remove(`results/${result.requestId}.json`);
    else kept.set(result.requestId, { state: 'done', result: { json: () => result.body } });
  }
  return kept;
}

/** What is to be done for a request. */
export interface Order {
  readonly kind: OperationKind;
  readonly seqId: number | undefined;
  readonly fingerprint: string;
  /** Whether its effect outlives the process, so that it is finished before that ends. Default: of `save_weights`. */
  readonly lasting?: boolean;
  /** Does the work; resolves with its result. */
  readonly work: () => Promise<FutureResult>;
}

export interface OperationsOptions {
  readonly clock: Clock;
  readonly store: StateStore;
  readonly futures: FutureTable;
  readonly runs: RunRegistry;
  readonly ledger: Ledger;
  readonly log: (line: string) => void;
}

const stopped: FutureOutcome = {
  state: 'failed',
  category: 'server',
  error:
    'The server was stopped before this operation was executed. ' +
    'Start it again and go on from the last checkpoint with createTrainingClientFromStateWithOptimizer(path).',
};

/** Takes operations in, has them executed in order, and settles their futures. */
export class Operations {
  readonly #options: OperationsOptions;
  #isClosing = false;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /**
   * Accepts an operation and returns its request id. The same number with the same content gets the
   * same id again (wire protocol §9.2).
   * @throws HttpError 409 when the number was used for something else, 503 while the server stops
   */
  submit(run: Run, order: Order): string {
    const { futures } = this.#options;
    const receipt = order.seqId === undefined ? undefined : run.receipts.get(order.seqId);
    if (receipt !== undefined) {
      if (receipt.fingerprint === order.fingerprint) return receipt.requestId;
      throw new HttpError(
        409,
        `seq_id ${order.seqId ?? ''}: sequence number reused. This model got another request with this number; ` +
          'a request sent again must be the same, and a new one needs the next number.',
        { 'x-should-retry': 'false' },
      );
    }
    if (this.#isClosing) throw new HttpError(503, 'The server is stopping; send this again when it runs.', { 'retry-after': '1' });
    const requestId = futures.open();
    this.accept(run, order, requestId);
    if (order.seqId !== undefined) run.receipts.set(order.seqId, { fingerprint: order.fingerprint, requestId });
    return requestId;
  }

  /** Takes no more operations in; those whose effect outlives the process are finished. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const queues = this.#options.runs.all().flatMap(({ queue }) => (queue === undefined ? [] : [queue]));
    const finishing = queues.reduce((sum, queue) => sum + queue.lasting, 0);
    const givenUp = queues.reduce((sum, queue) => sum + queue.size, 0) - finishing;
    if (finishing + givenUp > 0) this.#options.log(`stopping: finishing ${counted(finishing)}${givenUp > 0 ? `, giving up ${givenUp} that no save follows` : ''}`);
    await Promise.all(queues.map(async (queue) => queue.drain()));
  }

  /** Takes in an operation that has its request id already. */
  accept(run: Run, order: Order, requestId: string): void {
    const { futures, runs, clock } = this.#options;
    runs.requested(run);
    const acceptedAt = clock.now();
    const gone = whyGone(run);
    if (run.queue === undefined || gone !== undefined) {
      futures.settle(requestId, gone ?? stopped);
    } else if (order.seqId !== undefined && run.queue.isOver(order.seqId)) {
      futures.settle(requestId, late(order.seqId));
    } else {
      run.queue.push({
        seqId: order.seqId,
        lasting: isLasting(order),
        execute: () => this.#execute(run, order, requestId, acceptedAt),
        abandon: () => futures.settle(requestId, whyGone(run) ?? stopped),
      });
    }
  }

  async #execute(run: Run, order: Order, requestId: string, acceptedAt: number): Promise<void> {
    const startedAt = this.#options.clock.now();
    const outcome = await this.#outcomeOf(run, order, requestId);
    this.#options.ledger.executed({
      modelId: run.record.modelId,
      seqId: order.seqId,
      kind: order.kind,
      outcome: outcome.state,
      error: outcome.state === 'failed' ? outcome.error : undefined,
      requestId,
    });
    this.#options.ledger.trace.add({
      sessionId: run.record.sessionId,
      on: run.record.modelId,
      kind: order.kind,
      seqId: order.seqId,
      requestId,
      outcome: outcome.state,
      acceptedAt,
      startedAt,
      finishedAt: this.#options.clock.now(),
    });
    this.#options.futures.settle(requestId, outcome);
  }

  async #outcomeOf(run: Run, order: Order, requestId: string): Promise<FutureOutcome> {
    const gone = whyGone(run);
    if (gone !== undefined) return gone;
    try {
      const result = await order.work();
      if (isLasting(order)) await this.#keep(requestId, result.json());
      return { state: 'done', result };
    } catch (thrown) {
      if (thrown instanceof EngineError) return { state: 'failed', error: thrown.message, category: thrown.category };
      this.#options.log(`${order.kind} of ${run.record.modelId} failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
      return { state: 'failed', category: 'server', error: `${order.kind} failed in the server: ${asSentence(withoutPlaces(messageOf(thrown)))} The server's log has the details.` };
    }
  }

  async #keep(requestId: string, body: string): Promise<void> {
    const { store, clock } = this.#options;
    await store.write(`results/${requestId}.json`, { requestId, body, at: isoTime(clock.now()) });
  }
}

function isLasting({ kind, lasting }: Order): boolean {
  return lasting ?? kind === 'save_weights';
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'operation' : 'operations'}`;
}

function late(seqId: number): FutureOutcome {
  return {
    state: 'failed',
    category: 'server',
    error: `seq_id ${seqId} came after its turn: the server had stopped waiting for it and went on. Nothing was executed.`,
  };
}
