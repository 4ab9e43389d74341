import * as t from 'io-ts';
import { Integer } from '../types/ids.js';

/**
 * What goes wrong. `dropAnswer`, `malformedJson`, `wrongShape` and `halfBody` let the request be
 * handled first, so the server has done what was asked; all others answer instead of it.
 */
export const FaultAction = t.union(
  [
    /** The request is handled, then the connection is closed without an answer. */
    t.strict({ action: t.literal('dropAnswer') }),
    /** The connection is reset before anything is handled. */
    t.strict({ action: t.literal('reset') }),
    /** The request is handled `ms` milliseconds later. */
    t.strict({ action: t.literal('delay'), ms: Integer }),
    /** Any status, with a body (default `{"detail": …}`) and headers such as `Retry-After`. */
    t.intersection([
      t.strict({ action: t.literal('status'), status: Integer }),
      t.exact(t.partial({ body: t.unknown, headers: t.record(t.string, t.string) })),
    ]),
    /** The request is handled; the answer is cut JSON. */
    t.strict({ action: t.literal('malformedJson') }),
    /** The request is handled; the answer is JSON of another shape (`body`, default `{"unexpected":true}`). */
    t.intersection([t.strict({ action: t.literal('wrongShape') }), t.exact(t.partial({ body: t.unknown }))]),
    /** The request is handled; half of the answer is sent, then the connection is closed. */
    t.strict({ action: t.literal('halfBody') }),
    /** A poll finds its operation paused (wire protocol §3.2). */
    t.intersection([
      t.strict({ action: t.literal('paused'), state: t.keyof({ paused_capacity: null, paused_rate_limit: null }) }),
      t.exact(t.partial({ reason: t.string })),
    ]),
    /** A poll finds its result gone: 410. */
    t.strict({ action: t.literal('expired') }),
    /** The account is blocked: 402. */
    t.intersection([t.strict({ action: t.literal('billing') }), t.exact(t.partial({ detail: t.string }))]),
  ],
  'FaultAction',
);
export type FaultAction = t.TypeOf<typeof FaultAction>;

/**
 * Which requests something goes wrong with: those to `endpoint` (a whole path, or what follows
 * `/api/v1/`, or `*`), from the `nth` on since the rule was added (default 1), `count` of them
 * (default 1).
 */
export const FaultTarget = t.intersection(
  [t.strict({ endpoint: t.string }), t.exact(t.partial({ nth: Integer, count: Integer }))],
  'FaultTarget',
);

/** One rule of fault injection; a flat object. */
export const FaultRule = t.intersection([FaultTarget, FaultAction], 'FaultRule');
export type FaultRule = t.TypeOf<typeof FaultRule>;

/** A rule with its id and how many requests it has met. */
export type ActiveFault = FaultRule & { readonly id: string; readonly seen: number };

/** Decides which request gets which fault. */
export class FaultInjector {
  readonly #rules = new Map<string, { readonly rule: FaultRule; seen: number }>();
  #count = 0;

  /** Adds a rule; the id removes it again. */
  add(rule: FaultRule): string {
    this.#count += 1;
    const id = `fault-${this.#count}`;
    this.#rules.set(id, { rule, seen: 0 });
    return id;
  }

  /** Removes a rule, used up or not; tells whether there was one. */
  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  list(): readonly ActiveFault[] {
    return [...this.#rules].map(([id, { rule, seen }]) => ({ ...rule, id, seen }));
  }

  /** The fault of this request. Every rule for the endpoint counts it; the oldest due rule wins. */
  take(endpoint: string): FaultAction | undefined {
    let due: FaultAction | undefined;
    for (const entry of this.#rules.values()) {
      const { rule } = entry;
      if (!matches(rule.endpoint, endpoint)) continue;
      entry.seen += 1;
      const first = rule.nth ?? 1;
      if (entry.seen >= first && entry.seen < first + (rule.count ?? 1)) due ??= rule;
    }
    return due;
  }
}

/** What a path is called in rules and books: the part after `/api/v1/`. */
export function endpointOf(path: string): string {
  return path.replace(/^\/api\/v1\//, '');
}

function matches(wanted: string, endpoint: string): boolean {
  return wanted === '*' || endpointOf(wanted) === endpoint;
}
