import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import { checkFaultRule, type FaultAction, type FaultRule } from './fault-rule.js';

/** A rule with its `id`, and how many requests to its endpoint it has `seen`. */
export type ActiveFault = FaultRule & { readonly id: string; readonly seen: number };

/** Decides which request gets which fault. */
export class FaultInjector {
  readonly #rules = new Map<string, { readonly rule: FaultRule; seen: number }>();
  #count = 0;

  /**
   * Adds a rule; the id removes it again.
   * @throws TinkerError `validation` naming the field of the rule that is wrong
   */
  add(rule: FaultRule): string {
    const checked = checkFaultRule(rule);
    this.#count += 1;
    const id = `fault-${this.#count}`;
    this.#rules.set(id, { rule: checked, seen: 0 });
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

  /**
   * The fault of a request to `endpoint`. Every rule for it counts it; the oldest due rule wins.
   * @param route the endpoint with its parameters by name, where it has any
   */
  take(endpoint: string, route = endpoint): FaultAction | undefined {
    let due: FaultAction | undefined;
    for (const entry of this.#rules.values()) {
      const { rule } = entry;
      if (!matches(rule.endpoint, endpoint) && !matches(rule.endpoint, route)) continue;
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

/**
 * What the endpoint of a request is called whatever its parameters are: `training_runs/{training_run_id}`.
 * Paths that no endpoint has are all one.
 */
export function routeOf(c: Context): string {
  const path = matchedRoutes(c).at(-1)?.path ?? '';
  return path.endsWith('*') ? 'unknown' : endpointOf(path).replaceAll(/:(\w+)/g, '{$1}');
}

function matches(wanted: string, endpoint: string): boolean {
  return wanted === '*' || endpointOf(wanted) === endpoint;
}
