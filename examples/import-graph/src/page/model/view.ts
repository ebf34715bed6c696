import type { GraphResult, ImportKind, ModuleResult } from '../../model.js';
import { Tangles } from '../../tangles.js';

/** What `GET /graph.json` answers. */
export interface GraphPayload extends GraphResult {
  readonly version: number;
  readonly root: string;
  /** Where the ways begin: the file that was asked for, or all that nothing imports. */
  readonly entries: readonly string[];
}

/** One module as another sees it: however many statements there are between the two. */
export interface Link {
  readonly path: string;
  readonly kinds: readonly ImportKind[];
  readonly specifiers: readonly string[];
}

/** A module with both of its sides. */
export interface ModuleView extends Omit<ModuleResult, 'imports'> {
  readonly imports: readonly Link[];
  readonly importers: readonly Link[];
  readonly onCycle: boolean;
}

/** All imports from one module to another: one line of the drawing. */
export interface Edge {
  readonly key: string;
  readonly source: string;
  readonly target: string;
  readonly onCycle: boolean;
  /** Nothing but types goes this way: at run time there is no such import. */
  readonly typesOnly: boolean;
}

export interface Totals {
  readonly modules: number;
  readonly imports: number;
  readonly bytes: number;
  readonly cycles: number;
  readonly unresolved: number;
  readonly errors: number;
}

/** A result as the page looks at it. */
export interface GraphView {
  readonly version: number;
  readonly root: string;
  readonly modules: ReadonlyMap<string, ModuleView>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly cycles: GraphPayload['cycles'];
  readonly unresolved: GraphPayload['unresolved'];
  readonly errors: GraphPayload['errors'];
  readonly entries: ReadonlySet<string>;
  readonly totals: Totals;
}

/** The name of the edge between two modules. No path holds a null character. */
export function edgeKey(source: string, target: string): string {
  return `${source}\0${target}`;
}

/** Turns a result into what the page asks of it. */
export function viewOf(payload: GraphPayload): GraphView {
  // Not all cycles are listed where they are long.
  const tangles = new Tangles(payload.modules);
  const importers = new Map<string, Link[]>(payload.modules.map(({ path }) => [path, []]));
  const modules = new Map<string, ModuleView>();
  const edges = new Map<string, Edge>();
  for (const each of payload.modules) {
    const links = linksOf(each.imports).filter(({ path }) => importers.has(path));
    modules.set(each.path, {
      ...each,
      imports: links,
      importers: importers.get(each.path) ?? [],
      onCycle: tangles.has(each.path),
    });
    for (const { path: target, kinds, specifiers } of links) {
      const key = edgeKey(each.path, target);
      importers.get(target)?.push({ path: each.path, kinds, specifiers });
      edges.set(key, {
        key,
        source: each.path,
        target,
        onCycle: tangles.hold(each.path, target),
        typesOnly: kinds.every((kind) => kind === 'type'),
      });
    }
  }
  const { version, root, cycles, unresolved, errors, entries } = payload;
  return {
    version,
    root,
    modules,
    edges,
    cycles,
    unresolved,
    errors,
    entries: new Set(entries.filter((path) => modules.has(path))),
    totals: {
      modules: modules.size,
      imports: payload.modules.reduce((sum, { imports }) => sum + imports.length, 0),
      bytes: payload.modules.reduce((sum, { size }) => sum + size, 0),
      cycles: cycles.length,
      unresolved: unresolved.length,
      errors: errors.length,
    },
  };
}

function linksOf(imports: ModuleResult['imports']): Link[] {
  const links = new Map<string, { path: string; kinds: Set<ImportKind>; specifiers: Set<string> }>();
  for (const { path, kind, specifier } of imports) {
    const link = links.get(path);
    if (link === undefined) links.set(path, { path, kinds: new Set([kind]), specifiers: new Set([specifier]) });
    else {
      link.kinds.add(kind);
      link.specifiers.add(specifier);
    }
  }
  return [...links.values()].map(({ path, kinds, specifiers }) => ({
    path,
    kinds: [...kinds],
    specifiers: [...specifiers],
  }));
}
