import fc from 'fast-check';

/** Each node's targets. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Random graphs of up to so many nodes, with cycles, imports of oneself and islands. */
export function graphs(size: number): fc.Arbitrary<Graph> {
  return fc.integer({ min: 1, max: size }).chain((count) =>
    fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: count * 2 }).map((edges) => {
      const name = (number: number): string => `${['', 'f/', 'f/g/'][number % 3] ?? ''}m${number}.ts`;
      const graph = new Map(Array.from({ length: count }, (_, number) => [name(number), [] as string[]]));
      for (const [from, to] of edges) graph.get(name(from))?.push(name(to));
      return graph;
    }),
  );
}

export function edgesOf(graph: Graph, node: string): readonly string[] {
  return graph.get(node) ?? [];
}

/** All that a node reaches by one step or more: the plain way, a search for each. */
export function reachable(graph: Graph, from: string): Set<string> {
  const found = new Set<string>();
  const stack = [...edgesOf(graph, from)];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    stack.push(...edgesOf(graph, node));
  }
  return found;
}

/** The imports on the longest way down, where all nodes that reach each other count as one. */
export function depthOf(graph: Graph, node: string): number {
  const inside = (other: string): boolean =>
    other === node || (reachable(graph, other).has(node) && reachable(graph, node).has(other));
  const unit = [...graph.keys()].filter(inside);
  const below = new Set(unit.flatMap((member) => edgesOf(graph, member)).filter((target) => !inside(target)));
  return Math.max(0, ...[...below].map((target) => depthOf(graph, target) + 1));
}
