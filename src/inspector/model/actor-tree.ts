import type { ActorRecord } from '../../inspection/records.js';

/** Actors by the key of their parent. */
export interface ActorTree {
  /** Those without a parent, or whose parent is not known any more. */
  readonly roots: readonly ActorRecord[];
  readonly childrenOf: ReadonlyMap<string, readonly ActorRecord[]>;
  /** Actors that are left out because they have ended. */
  readonly ended: number;
}

/** Who started whom. Ended actors are left out unless they are wanted; their running children are then roots. */
export function actorTree(actors: readonly ActorRecord[], withEnded: boolean): ActorTree {
  const shown = withEnded ? actors : actors.filter(({ status }) => status === 'active');
  const known = new Set(shown.map(({ key }) => key));
  const roots: ActorRecord[] = [];
  const childrenOf = new Map<string, ActorRecord[]>();
  for (const actor of shown) {
    if (actor.parent === undefined || actor.parent === actor.key || !known.has(actor.parent)) {
      roots.push(actor);
      continue;
    }
    const siblings = childrenOf.get(actor.parent);
    if (siblings === undefined) childrenOf.set(actor.parent, [actor]);
    else siblings.push(actor);
  }
  return { roots, childrenOf, ended: actors.length - shown.length };
}
