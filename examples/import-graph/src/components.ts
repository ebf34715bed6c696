/**
 * Groups the nodes of a graph so that two are in one group if and only if each reaches the other: Tarjan's strongly connected components,
 * without recursion. Gives the groups of two and more.
 */
export function components<N>(nodes: Iterable<N>, next: (node: N) => Iterable<N>): N[][] {
  // Numbered by when a node was first seen. `low` is the earliest node still open that it reaches.
  const seen = new Map<N, Visit<N>>();
  const open: Visit<N>[] = [];
  const groups: N[][] = [];
  const begin = (node: N): Visit<N> => {
    const visit = { node, index: seen.size, low: seen.size, open: true, rest: next(node)[Symbol.iterator]() };
    seen.set(node, visit);
    open.push(visit);
    return visit;
  };
  for (const start of nodes) {
    if (seen.has(start)) continue;
    const path = [begin(start)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const step = visit.rest.next();
      if (step.done !== true) {
        const known = seen.get(step.value);
        if (known === undefined) path.push(begin(step.value));
        else if (known.open) visit.low = Math.min(visit.low, known.index);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
      if (visit.low !== visit.index) continue;
      const group = open.splice(open.lastIndexOf(visit));
      for (const member of group) member.open = false;
      if (group.length > 1) groups.push(group.map((member) => member.node));
    }
  }
  return groups;
}

interface Visit<N> {
  readonly node: N;
  readonly index: number;
  low: number;
  open: boolean;
  readonly rest: Iterator<N>;
}
