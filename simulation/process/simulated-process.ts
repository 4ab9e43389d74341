import type { Transport, TransportReply, TransportRequest } from '../../src/api/transport.js';
import type { Environment } from '../../src/machines/environment.js';
import type { Network } from '../network/network.js';
import type { Random } from '../world/random.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { SimulatedDisk } from './simulated-disk.js';

export interface ProcessHost {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly uuid: () => string;
  readonly network: Network;
  readonly disk: SimulatedDisk;
  /** Timers that keep a process alive. */
  readonly intervals: Set<object>;
}

/** After how many calls of the disk, or of the network, a process is killed. */
export interface Death {
  readonly by: 'disk' | 'network' | 'time';
  readonly after: number;
}

/**
 * A process of the trainer. Once it is killed its timers never fire, and what it had begun never returns, so that nothing of it
 * goes on, though its promises are still there.
 */
export class SimulatedProcess implements Transport {
  readonly headers = {};
  readonly environment: Environment;
  /** Settled when it is killed. */
  readonly dead: Promise<'killed'>;
  readonly #host: ProcessHost;
  readonly #id: number;
  readonly #death: Death | undefined;
  readonly #timers = new Set<unknown>();
  readonly #calls = { disk: 0, network: 0 };
  #isAlive = true;
  #onDeath: (how: 'killed') => void = () => undefined;

  constructor(id: number, host: ProcessHost, death: Death | undefined) {
    this.#id = id;
    this.#host = host;
    this.#death = death;
    const { time, random, uuid, disk } = host;
    this.dead = new Promise((resolve) => {
      this.#onDeath = resolve;
    });
    this.environment = {
      clock: { setTimeout: (run: () => void, ms: number) => this.#setTimeout(run, ms), clearTimeout: (timer: unknown) => this.#clearTimeout(timer) },
      now: () => time.now,
      random: random.next,
      uuid,
      wallNow: () => time.wallNow,
      disk: disk.of(id, () => this.#called('disk'), () => this.#isAlive),
    };
    if (death?.by === 'time') time.after(death.after, () => this.kill());
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Before or after it leaves: a request may be the last thing that a process does. */
  send(request: TransportRequest): Promise<TransportReply> {
    if (!this.#isAlive) return never();
    const sent = this.#host.network.send(request);
    this.#called('network');
    return this.#unlessDead(sent);
  }

  #unlessDead<A>(promise: Promise<A>): Promise<A> {
    return this.#isAlive ? promise : never();
  }

  close(): Promise<void> {
    return this.#isAlive ? this.#host.network.hangUp('UND_ERR_CLOSED') : never();
  }

  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { time, network, disk, intervals } = this.#host;
    for (const timer of this.#timers) time.clock.clearTimeout(timer);
    this.#timers.clear();
    intervals.clear();
    network.forget();
    disk.killed(this.#id);
    this.#onDeath('killed');
  }

  #called(what: 'disk' | 'network'): void {
    this.#calls[what] += 1;
    if (this.#death?.by === what && this.#calls[what] >= this.#death.after) this.kill();
  }

  #setTimeout(run: () => void, ms: number): unknown {
    if (!this.#isAlive) return undefined;
    const timer: unknown = this.#host.time.clock.setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #clearTimeout(timer: unknown): void {
    this.#timers.delete(timer);
    this.#host.time.clock.clearTimeout(timer);
  }
}

function never<A>(): Promise<A> {
  return new Promise(() => undefined);
}
