import { edgeKey, type GraphView } from './view.js';
import { wayTo, type Ways } from './way.js';

/** What the reader has picked out: a module, or a cycle by its paths. */
export type Selection =
  { readonly kind: 'module'; readonly path: string } | { readonly kind: 'cycle'; readonly cycle: readonly string[] };

/** Why something stands out. */
export type Role = 'selected' | 'import' | 'importer' | 'way' | 'cycle' | 'match';

/** What stands out; all else steps back. */
export interface Emphasis {
  readonly modules: ReadonlyMap<string, Role>;
  readonly edges: ReadonlyMap<string, Role>;
}

/** What is to stand out in the drawing. While something is looked for, that; else what is selected, with what it is told about it; else nothing. */
export function emphasisOf(
  view: GraphView,
  ways: Ways,
  selection: Selection | undefined,
  matches: readonly string[] | undefined,
): Emphasis | undefined {
  if (matches !== undefined) return { modules: new Map(matches.map((path) => [path, 'match'])), edges: new Map() };
  if (selection === undefined) return undefined;
  return selection.kind === 'cycle' ? cycleEmphasis(selection.cycle) : moduleEmphasis(view, ways, selection.path);
}

function cycleEmphasis(cycle: readonly string[]): Emphasis {
  return {
    modules: new Map(cycle.map((path) => [path, 'cycle'])),
    edges: new Map(cycle.map((path, at) => [edgeKey(path, cycle[(at + 1) % cycle.length] ?? path), 'cycle'])),
  };
}

/** Where two roles meet, the one that is nearer to the module stands. */
function moduleEmphasis(view: GraphView, ways: Ways, path: string): Emphasis {
  const modules = new Map<string, Role>();
  const edges = new Map<string, Role>();
  const way = wayTo(ways, path);
  way.forEach((each, at) => {
    modules.set(each, 'way');
    const next = way[at + 1];
    if (next !== undefined) edges.set(edgeKey(each, next), 'way');
  });
  const module = view.modules.get(path);
  for (const { path: other } of module?.importers ?? []) {
    if (!modules.has(other)) modules.set(other, 'importer');
    if (!edges.has(edgeKey(other, path))) edges.set(edgeKey(other, path), 'importer');
  }
  for (const { path: other } of module?.imports ?? []) {
    modules.set(other, 'import');
    edges.set(edgeKey(path, other), 'import');
  }
  modules.set(path, 'selected');
  return { modules, edges };
}
