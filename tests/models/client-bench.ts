import { expect } from '@jest/globals';
import { ServiceClient, type SamplingClient, type TrainingClient } from '../../src/index.js';
import { TinkerError } from '../../src/types/errors.js';
import { CountingClock } from '../support/counting-clock.js';
import { leftovers, running } from '../support/leftovers.js';
import { LedgerServer } from './ledger-server.js';

/** An operation, whatever its result is. */
interface AnyOperation extends PromiseLike<unknown> {
  readonly status: string;
  readonly seqId: number | undefined;
  cancel(): void;
}

/** A call of the program, and what its result has to carry. */
export interface Call {
  readonly mark: number;
  readonly kind: string;
  /** Requests that it is sent as. */
  readonly parts: number;
  readonly operation: AnyOperation;
  readonly abort: AbortController;
  /** Whether it is sent in the order of the calls. */
  readonly isQueued: boolean;
  /** Whether a result is the one of this call. */
  readonly isOwn: (result: unknown) => boolean;
}

/** How a call ended. */
type End = { readonly result: unknown } | { readonly error: TinkerError };

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The real clients on a server with a ledger, in simulated time. */
export class ClientBench {
  readonly clock = new CountingClock();
  readonly calls: Call[] = [];
  readonly ends = new Map<Call, End>();
  readonly server: LedgerServer;
  readonly service: ServiceClient;
  #training: TrainingClient | undefined;
  #sampling: SamplingClient | undefined;
  #ids = 0;

  constructor() {
    this.server = new LedgerServer(
      (mark) => this.#callOf(mark)?.parts ?? 1,
      (mark) => this.#callOf(mark)?.kind === 'custom' && ['failed', 'cancelled'].includes(String(this.#callOf(mark)?.operation.status)),
    );
    this.service = new ServiceClient({
      baseUrl: 'http://scripted.test',
      apiKey: 'tml-secret-key',
      fetch: this.server.fetch,
      environment: {
        clock: this.clock,
        now: () => this.clock.now(),
        random: () => 0.5,
        uuid: () => `uuid-${(this.#ids += 1)}`,
        wallNow: () => this.clock.now(),
      },
      encoding: 'json',
      timeoutMs: 5_000,
      requestDeadlineMs: 20_000,
      unreachableDeadlineMs: 60_000,
      onError: () => undefined,
      onQueueState: () => undefined,
      onSessionAtRisk: () => undefined,
      onSessionLost: () => undefined,
    });
  }

  get training(): TrainingClient {
    if (this.#training === undefined) throw new Error('there is no training client yet');
    return this.#training;
  }

  get sampling(): SamplingClient {
    if (this.#sampling === undefined) throw new Error('there is no sampling client yet');
    return this.#sampling;
  }

  async begin(): Promise<void> {
    this.#training = await this.service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
    this.#sampling = await this.service.createSamplingClient({ baseModel: 'base' });
  }

  /** Makes a call under the next mark. */
  call(kind: string, parts: number, make: (mark: number, signal: AbortSignal) => { readonly operation: AnyOperation; readonly isOwn: Call['isOwn'] }): void {
    const mark = this.calls.length + 1;
    const abort = new AbortController();
    const { operation, isOwn } = make(mark, abort.signal);
    const call: Call = { mark, kind, parts, operation, abort, isQueued: kind !== 'sample', isOwn };
    this.calls.push(call);
    operation.then(
      (result) => this.ends.set(call, { result }),
      (error: unknown) => {
        if (!(error instanceof TinkerError)) throw error;
        this.ends.set(call, { error });
      },
    );
  }

  /** Lets everything run that does not wait for the clock. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await turn();
      quiet = this.server.busy === 0 ? quiet + 1 : 0;
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.increment(ms);
    await this.settle();
  }

  /** Sends the wedged operation again, or gives it up. */
  decide(isRetry: boolean): void {
    if (this.training.getSnapshot().state !== 'wedged') return;
    if (isRetry) {
      this.training.retry();
      return;
    }
    this.server.skipped();
    this.training.skip();
  }

  /** Everything goes well from now on: every call has to come to its end, and nothing may be left over. */
  async finish(isRetry: boolean): Promise<void> {
    const isOpen = this.training.actor.getSnapshot().status === 'active';
    this.server.heal();
    if (isOpen) this.training.resume();
    for (let step = 0; step < 400 && !this.#isAtRest(); step += 1) {
      await this.pass(1_000);
      // What is refused after an answer was lost stays unclear, however often it is sent.
      if (isOpen) this.decide(isRetry && step < 10);
    }
    for (const { kind, operation, mark } of this.calls) expect(`${kind} ${mark}: ${operation.status}`).toMatch(/done|failed|cancelled/);
    if (isOpen) expect(leftovers(this.training)).toMatchObject({ queue: [], inFlight: [], children: [] });
    if (isOpen) this.#checkNumbers();
    this.#checkEnds();
  }

  /** Closes everything, and looks for what goes on all the same. */
  async close(): Promise<void> {
    await this.service.close();
    await this.settle();
    const { submitted } = this.server;
    for (const { kind, operation, mark } of this.calls) expect(`${kind} ${mark}: ${operation.status}`).toMatch(/done|failed|cancelled/);
    expect(leftovers(this.training)).toMatchObject({ status: 'done', queue: [], inFlight: [], children: [] });
    expect(running(this.service)).toEqual({ children: [], trainings: [] });
    expect({ timers: this.clock.pending, requests: this.server.open }).toEqual({ timers: 0, requests: 0 });
    await this.pass(100_000_000);
    expect(this.server.submitted).toBe(submitted);
    expect(this.server.broken).toEqual([]);
  }

  #isAtRest(): boolean {
    if (this.calls.some((call) => !this.ends.has(call))) return false;
    const { state, queue, sending, inFlight } = this.training.getSnapshot();
    return state === 'stopped' || (state === 'idle' && queue.length === 0 && sending === undefined && inFlight.length === 0);
  }

  /** 1…n without a gap: each number was sent, or is kept for what comes next. */
  #checkNumbers(): void {
    const { nextSeqId, spareSeqIds } = this.training.actor.getSnapshot().context;
    const numbers = [...this.server.numbers, ...spareSeqIds].sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: nextSeqId - 1 }, (_, index) => index + 1));
  }

  /** Each call has one end, and it is what the ledger says. */
  #checkEnds(): void {
    const executed = this.server.executed.map(({ seqId }) => seqId);
    expect(executed).toEqual([...new Set(executed)].sort((a, b) => a - b));
    for (const [{ kind, mark, parts, isOwn, isQueued, operation }, end] of this.ends) {
      const times = this.server.executed.filter((one) => one.mark === mark).length;
      const what = `${kind} ${mark}`;
      if ('result' in end) {
        expect(`${what}: ${isOwn(end.result) ? 'its own result' : JSON.stringify(end.result)}`).toBe(`${what}: its own result`);
        if (isQueued) expect(`${what}: executed ${times} times`).toBe(`${what}: executed ${parts} times`);
      } else {
        expect(times).toBeLessThanOrEqual(parts);
        // A custom loss may be refused after its first pass.
        const isRefused = kind !== 'custom' && end.error.kind === 'http' && (end.error.status === 422 || end.error.status === 409);
        if (isQueued && isRefused) expect(`${what} was refused, and executed ${times} times`).toBe(`${what} was refused, and executed 0 times`);
        if (isQueued && operation.seqId === undefined) expect(`${what} was not sent, and executed ${times} times`).toBe(`${what} was not sent, and executed 0 times`);
      }
    }
  }

  #callOf(mark: number): Call | undefined {
    return this.calls[mark - 1];
  }
}
