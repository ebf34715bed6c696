import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { components } from './components.js';
import { edgesOf, graphs, reachable } from './test-support/graphs.js';

test('two nodes are in one group if and only if each reaches the other', () => {
  fc.assert(
    fc.property(graphs(12), (graph) => {
      const groups = components(graph.keys(), (node) => edgesOf(graph, node));
      const groupOf = new Map(groups.flatMap((group, number) => group.map((node) => [node, number] as const)));
      expect(groups.flat().length).toBe(groupOf.size);
      for (const a of graph.keys()) {
        for (const b of graph.keys()) {
          const mutual = a !== b && reachable(graph, a).has(b) && reachable(graph, b).has(a);
          const together = a !== b && groupOf.has(a) && groupOf.get(a) === groupOf.get(b);
          expect(together).toBe(mutual);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('a ring of a hundred thousand nodes is one group', () => {
  const nodes = Array.from({ length: 100_000 }, (_, node) => node);
  expect(components(nodes, (node) => [(node + 1) % nodes.length]).map((group) => group.length)).toEqual([100_000]);
});
