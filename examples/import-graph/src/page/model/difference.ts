import type { GraphView } from './view.js';

/** What an update did to the graph. */
export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Modules that stay, with other contents or other imports of their own. */
  readonly changed: readonly string[];
  readonly addedEdges: readonly string[];
  readonly removedEdges: readonly string[];
}

/** Says what has to be done to a drawing of `before` to make it one of `after`. */
export function differenceOf(before: GraphView, after: GraphView): Difference {
  const changed = new Set<string>();
  for (const [path, module] of after.modules) {
    const old = before.modules.get(path);
    if (old !== undefined && old.size !== module.size) changed.add(path);
  }
  const addedEdges = missing(after.edges, before.edges);
  const removedEdges = missing(before.edges, after.edges);
  for (const key of [...addedEdges, ...removedEdges]) {
    const path = key.slice(0, key.indexOf('\0'));
    if (before.modules.has(path) && after.modules.has(path)) changed.add(path);
  }
  return {
    added: missing(after.modules, before.modules),
    removed: missing(before.modules, after.modules),
    changed: [...changed],
    addedEdges,
    removedEdges,
  };
}

function missing(from: ReadonlyMap<string, unknown>, inside: ReadonlyMap<string, unknown>): string[] {
  return [...from.keys()].filter((key) => !inside.has(key));
}
