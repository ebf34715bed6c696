import { components } from '../src/components.js';

/** What a tool says of a tree, with the names of files relative to it. */
export interface Graph {
  readonly modules: readonly string[];
  readonly edges: readonly (readonly [string, string])[];
}

export interface GraphWithCycles extends Graph {
  readonly cycles: readonly (readonly string[])[];
}

/** What the judge says of a tree, in numbers. */
export interface Verdict {
  readonly modules: number;
  /** Pairs of a module and one that it imports, in however many ways. */
  readonly imports: number;
  /** How many of these are on some cycle. */
  readonly onCycles: number;
}

/** How a tool's graph differs from the judge's. */
export interface Difference {
  readonly modules: { readonly missing: number; readonly extra: number };
  readonly imports: { readonly missing: number; readonly extra: number };
  /** A few of what is missing or extra, to look at. */
  readonly examples: readonly string[];
  /** How many cycles it lists, and how many of the imports that are on a cycle are on one of these. */
  readonly cycles: { readonly listed: number; readonly covered: number };
}

const key = ([from, to]: readonly [string, string]): string => `${from} -> ${to}`;

export function verdictOf(graph: Graph): Verdict {
  const edges = new Set(graph.edges.map(key));
  return { modules: new Set(graph.modules).size, imports: edges.size, onCycles: edgesOnCycles(graph).size };
}

export function differenceOf(found: GraphWithCycles, right: Graph): Difference {
  const modules = compareSets(new Set(found.modules), new Set(right.modules));
  const imports = compareSets(new Set(found.edges.map(key)), new Set(right.edges.map(key)));
  const listed = new Set(
    found.cycles.flatMap((cycle) => cycle.map((from, at) => key([from, cycle[(at + 1) % cycle.length] ?? from]))),
  );
  const onCycles = edgesOnCycles(right);
  const named = (list: readonly string[], what: string): string[] => list.slice(0, 2).map((each) => `${what}: ${each}`);
  return {
    modules: { missing: modules.missing.length, extra: modules.extra.length },
    imports: { missing: imports.missing.length, extra: imports.extra.length },
    examples: [modules, imports].flatMap(({ missing, extra }) => [
      ...named(missing, 'missing'),
      ...named(extra, 'extra'),
    ]),
    cycles: { listed: found.cycles.length, covered: [...onCycles].filter((edge) => listed.has(edge)).length },
  };
}

function compareSets(found: ReadonlySet<string>, right: ReadonlySet<string>): { missing: string[]; extra: string[] } {
  return {
    missing: [...right].filter((each) => !found.has(each)),
    extra: [...found].filter((each) => !right.has(each)),
  };
}

/** Those between two files that reach each other, and those of a file to itself. */
function edgesOnCycles({ modules, edges }: Graph): Set<string> {
  const next = new Map<string, string[]>();
  for (const [from, to] of edges) {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  const group = new Map<string, number>();
  for (const [number, files] of components(modules, (file) => next.get(file) ?? []).entries())
    for (const file of files) group.set(file, number);
  const inside = edges.filter(([from, to]) => from === to || (group.has(from) && group.get(from) === group.get(to)));
  return new Set(inside.map(key));
}
