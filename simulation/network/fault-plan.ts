import type { Random } from '../world/random.js';
import type { Reading } from './reading.js';
import {
  requestFaults,
  serverFaults,
  worldFaults,
  type DiskFault,
  type FaultKind,
  type RequestFault,
  type ServerFault,
  type WorldFault,
} from './fault-kinds.js';

/** Which requests are struck. */
type Target = 'all' | 'submissions' | 'polls' | 'the rest';

/**
 * What goes wrong in one schedule. Each has a few kinds of faults only, since many at once hide one another: the rare
 * combinations come from the number of schedules.
 */
export class FaultPlan {
  /** How often each kind struck. */
  readonly counts = new Map<FaultKind, number>();
  /** When nothing goes wrong any more, in milliseconds of virtual time. */
  readonly endsAt: number;
  /** What befalls the world, and when. */
  readonly worldEvents: readonly { readonly at: number; readonly kind: WorldFault }[];
  readonly #random: Random;
  readonly #kinds: readonly RequestFault[];
  readonly #serverKinds: ReadonlyMap<ServerFault, number>;
  readonly #diskRate: number;
  readonly #rate: number;
  readonly #target: Target;
  readonly #now: () => number;

  constructor(random: Random, now: () => number) {
    this.#random = random;
    this.#now = now;
    this.endsAt = random.weighted([[random.between(5_000, 60_000), 6], [random.between(60_000, 400_000), 3], [random.between(400_000, 3_000_000), 0.3]]);
    this.#rate = random.weighted([[0, 1], [0.02, 2], [0.1, 4], [0.3, 3], [0.8, 1]]);
    this.#kinds = Array.from({ length: 1 + random.below(6) }, () => random.pick(requestFaults));
    this.#target = random.weighted<Target>([['all', 5], ['submissions', 3], ['polls', 2], ['the rest', 0.5]]);
    this.#serverKinds = new Map(serverFaults.filter(() => random.chance(0.25)).map((kind) => [kind, random.weighted([[0.03, 3], [0.3, 1]])]));
    this.#diskRate = random.weighted([[0, 2], [0.01, 1], [0.1, 1]]);
    this.worldEvents = Array.from({ length: random.weighted([[0, 6], [1, 3], [2, 1]]) }, () => ({
      at: random.between(0, Math.min(this.endsAt, 120_000)),
      kind: random.pick(worldFaults),
    }));
  }

  /** What befalls a request that is sent now. */
  forRequest({ endpoint, submitted }: Reading): RequestFault | undefined {
    if (this.isOver || !this.#isTarget(endpoint, submitted !== undefined) || !this.#random.chance(this.#rate)) return undefined;
    const fault = this.#random.pick(this.#kinds);
    // That is how servers answer a pass that they cannot read, and those have not taken it.
    return endpoint.startsWith('forward') && fault === '500 after executing' ? '502 after executing' : fault;
  }

  /** Whether the server misbehaves like this now. */
  readonly strikes = (kind: ServerFault): boolean => {
    const rate = this.#serverKinds.get(kind);
    if (rate === undefined || this.isOver || !this.#random.chance(rate)) return false;
    this.count(kind);
    return true;
  };

  /** Whether the disk fails like this now; that a write was torn is told, not decided. */
  readonly strikesDisk = (kind: DiskFault): boolean => {
    if (kind !== 'torn write' && (this.isOver || !this.#random.chance(this.#diskRate))) return false;
    this.count(kind);
    return true;
  };

  /** Whether any of these has struck. */
  hasFailed(...kinds: readonly FaultKind[]): boolean {
    return kinds.some((kind) => this.counts.has(kind));
  }

  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  get isOver(): boolean {
    return this.#now() >= this.endsAt;
  }

  #isTarget(endpoint: string, isSubmission: boolean): boolean {
    switch (this.#target) {
      case 'all':
        return true;
      case 'submissions':
        return isSubmission;
      case 'polls':
        return endpoint === 'retrieve_future';
      case 'the rest':
        return !isSubmission && endpoint !== 'retrieve_future';
    }
  }
}
