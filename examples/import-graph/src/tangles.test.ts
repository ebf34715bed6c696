import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Tangles } from './tangles.js';
import { graphs, reachable } from './test-support/graphs.js';

test('a file, or an import, is on a cycle if a plain search leads back to it', () => {
  fc.assert(
    fc.property(graphs(9), (graph) => {
      const imports = (targets: readonly string[]) =>
        targets.map((path) => ({ path, kind: 'static', specifier: path }) as const);
      const tangles = new Tangles([...graph].map(([path, targets]) => ({ path, imports: imports(targets) })));
      for (const [from, targets] of graph) {
        expect(tangles.has(from)).toBe(reachable(graph, from).has(from));
        for (const to of targets) expect(tangles.hold(from, to)).toBe(from === to || reachable(graph, to).has(from));
      }
    }),
  );
});
