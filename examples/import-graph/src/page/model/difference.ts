import type { GraphView } from './view.js';

/** What came and what went. */
export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly addedEdges: readonly string[];
  readonly removedEdges: readonly string[];
}

/** Says what has to be added to a drawing of `before` and taken from it to make it one of `after`. */
export function differenceOf(before: GraphView, after: GraphView): Difference {
  return {
    added: missing(after.modules, before.modules),
    removed: missing(before.modules, after.modules),
    addedEdges: missing(after.edges, before.edges),
    removedEdges: missing(before.edges, after.edges),
  };
}

function missing(from: ReadonlyMap<string, unknown>, inside: ReadonlyMap<string, unknown>): string[] {
  return [...from.keys()].filter((key) => !inside.has(key));
}
