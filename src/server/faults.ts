import { checkFaultRule, type FaultAction, type FaultRule } from './fault-rule.js';

/** A rule with its id and how many requests it has met. */
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
