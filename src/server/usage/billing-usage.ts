import * as t from 'io-ts';
import { isoTime, type Clock } from '../clock.js';
import type { StateStore } from '../state-store.js';

/** What was used, as it is reported (wire protocol §2.8). */
export type Usage =
  | { readonly type: 'training' | 'sampling_sample'; readonly tokenCount: number }
  | { readonly type: 'sampling_prefill'; readonly tokenCount: number; readonly cached: boolean }
  | { readonly type: 'checkpoint'; readonly count: number }
  | { readonly type: 'storage'; readonly gigabyteHours: number };

const Bucket = t.strict(
  {
    /** Start of the hour, in milliseconds since the epoch. */
    hour: t.number,
    sessionId: t.string,
    baseModel: t.string,
    type: t.keyof({ training: null, sampling_prefill: null, sampling_sample: null, checkpoint: null, storage: null }),
    /** Of a prefill: whether its tokens were there already. */
    cached: t.boolean,
    /** Tokens, checkpoints or gigabyte-hours, as the type says. */
    amount: t.number,
  },
  'UsageBucket',
);
/** What one session used of one thing within one hour. */
export type UsageBucket = t.TypeOf<typeof Bucket>;

const UsageDay = t.strict({ day: t.string, buckets: t.readonlyArray(Bucket) }, 'UsageDay');

export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How long usage is remembered. */
export const usageKeptMs = 90 * dayMs;

/** Sums up what is used, by UTC hour and session; the sums survive a restart. */
export class UsageBook {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #days = new Map<string, Map<string, UsageBucket>>();
  readonly #changed = new Set<string>();
  #tail: Promise<void> = Promise.resolve();

  constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Reads what was used before, and forgets what is too long ago. */
  async load(): Promise<void> {
    for (const { day, buckets } of await this.#store.readAll('usage', UsageDay)) {
      this.#days.set(day, new Map(buckets.map((bucket) => [keyOf(bucket), bucket])));
    }
    await this.#forgetOld();
  }

  /** Notes that something was used, now or in the hour of `at` (milliseconds since the epoch). */
  record(sessionId: string, baseModel: string, usage: Usage, at: number = this.#clock.now()): void {
    const hour = at - (at % hourMs);
    const day = dayOf(hour);
    const cached = usage.type === 'sampling_prefill' && usage.cached;
    const bucket: UsageBucket = { hour, sessionId, baseModel, type: usage.type, cached, amount: amountOf(usage) };
    const buckets = this.#days.get(day) ?? new Map<string, UsageBucket>();
    this.#days.set(day, buckets);
    add(buckets, bucket);
    this.#changed.add(day);
  }

  /** What was used from one moment to another, by hour, the most first; `more` is added to it. */
  between(from: number, before: number, more: readonly UsageBucket[]): readonly UsageBucket[] {
    const sums = new Map<string, UsageBucket>();
    const all = [...[...this.#days.values()].flatMap((buckets) => [...buckets.values()]), ...more];
    for (const bucket of all) {
      if (bucket.hour >= from && bucket.hour < before) add(sums, bucket);
    }
    return [...sums.values()].sort((left, right) => left.hour - right.hour || right.amount - left.amount);
  }

  /** Writes down what has changed. */
  async flush(): Promise<void> {
    const done = this.#tail.then(() => this.#writeChanged());
    this.#tail = done.catch(() => undefined);
    await done;
  }

  async #writeChanged(): Promise<void> {
    for (const day of [...this.#changed]) {
      // What is recorded while this is being written marks the day again.
      this.#changed.delete(day);
      const buckets = [...(this.#days.get(day)?.values() ?? [])];
      await this.#store.write(`usage/${day}.json`, { day, buckets }).catch((thrown: unknown) => {
        this.#changed.add(day);
        throw thrown;
      });
    }
    await this.#forgetOld();
  }

  async #forgetOld(): Promise<void> {
    const oldest = dayOf(this.#clock.now() - usageKeptMs);
    for (const day of [...this.#days.keys()].filter((known) => known < oldest)) {
      this.#days.delete(day);
      await this.#store.remove(`usage/${day}.json`);
    }
  }
}

function add(buckets: Map<string, UsageBucket>, bucket: UsageBucket): void {
  const key = keyOf(bucket);
  buckets.set(key, { ...bucket, amount: bucket.amount + (buckets.get(key)?.amount ?? 0) });
}

function keyOf({ hour, sessionId, baseModel, type, cached }: UsageBucket): string {
  return [hour, sessionId, baseModel, type, String(cached)].join('\n');
}

function dayOf(ms: number): string {
  return isoTime(ms).slice(0, 10);
}

function amountOf(usage: Usage): number {
  if (usage.type === 'checkpoint') return usage.count;
  return usage.type === 'storage' ? usage.gigabyteHours : usage.tokenCount;
}
