// Graphs of results that depend on each other. What a node depends on has a higher index, so that the values can be had
// from the end, without any of the libraries.

export interface Graph {
  nodes: number;
  /** What is asked for. */
  roots: readonly number[];
  dependenciesOf: (node: number) => readonly number[];
}

const modulus = 1_000_003;
/** The value of a node: one more than those that it depends on. */
export const valueOf = (sum: number): number => (sum + 1) % modulus;

const none: readonly number[] = [];

/** Each depends on the next. */
export function chain(nodes: number): Graph {
  return listed(nodes, [0], (node) => (node + 1 < nodes ? [node + 1] : none));
}

/** The first depends on all the others. */
export function fanIn(nodes: number): Graph {
  const others = Array.from({ length: nodes - 1 }, (_, index) => index + 1);
  return listed(nodes, [0], (node) => (node === 0 ? others : none));
}

export function binaryTree(nodes: number): Graph {
  return listed(nodes, [0], (node) => [2 * node + 1, 2 * node + 2].filter((child) => child < nodes));
}

/** A hundred layers, each node depending on five of the layer below: 495,000 edges for 100,000 nodes. */
export function layered(nodes: number): Graph {
  const width = Math.ceil(nodes / 100);
  const roots = Array.from({ length: width }, (_, index) => index);
  return listed(nodes, roots, (node) => {
    const below = (Math.floor(node / width) + 1) * width;
    if (below + width > nodes) return none;
    return [0, 1, 2, 3, 4].map((step) => below + ((node * 7 + step * 13) % width));
  });
}

/** Three nodes that depend on each other. */
export const cycle: Graph = { nodes: 3, roots: [0], dependenciesOf: (node) => [(node + 1) % 3] };

function listed(nodes: number, roots: readonly number[], dependenciesOf: (node: number) => readonly number[]): Graph {
  const lists = Array.from({ length: nodes }, (_, node) => dependenciesOf(node));
  return { nodes, roots, dependenciesOf: (node) => lists[node] ?? none };
}

/** The values of the roots, added up. */
export function expected({ nodes, roots, dependenciesOf }: Graph): number {
  const values = new Float64Array(nodes);
  for (let node = nodes - 1; node >= 0; node--) {
    let sum = 0;
    for (const dependency of dependenciesOf(node)) sum += values[dependency] ?? NaN;
    values[node] = valueOf(sum);
  }
  return roots.reduce((sum, root) => sum + (values[root] ?? NaN), 0);
}
