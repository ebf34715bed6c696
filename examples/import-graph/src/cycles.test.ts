import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findCycles } from './cycles.js';
import { edgesOf, graphs, reachable, type Graph } from './test-support/graphs.js';

const find = (graph: Graph): Promise<string[][]> => findCycles(graph, () => undefined);
const graphOf = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges));

describe('the cycles of a graph', () => {
  test('are listed from their first file on, in the order of their imports', async () => {
    expect(await find(graphOf({ c: ['a'], b: ['c'], a: ['b'], d: ['a'] }))).toEqual([['a', 'b', 'c']]);
    expect(await find(graphOf({ a: ['a'] }))).toEqual([['a']]);
    expect(await find(graphOf({ a: ['b', 'c'], b: ['c'], c: [] }))).toEqual([]);
  });

  test('that share files are listed each', async () => {
    expect(await find(graphOf({ a: ['b'], b: ['a', 'c'], c: ['b'] }))).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expect(await find(graphOf({ a: ['b'], b: ['c', 'd'], c: ['a'], d: ['a'], e: ['e', 'f'], f: ['e'] }))).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'd'],
      ['e'],
      ['e', 'f'],
    ]);
  });

  test('hold every import that is on a cycle, nothing twice, and nothing that is none', async () => {
    await fc.assert(
      fc.asyncProperty(graphs(9), async (graph) => {
        const cycles = await find(graph);
        const listed = new Set<string>();
        for (const cycle of cycles) {
          expect(new Set(cycle).size).toBe(cycle.length);
          expect(cycle[0]).toBe([...cycle].sort()[0]);
          cycle.forEach((from, at) => {
            const to = cycle[(at + 1) % cycle.length] as string;
            expect(edgesOf(graph, from)).toContain(to);
            listed.add(`${from} ${to}`);
          });
        }
        expect(new Set(cycles.map(String)).size).toBe(cycles.length);
        for (const [from, targets] of graph) {
          for (const to of targets)
            expect(listed.has(`${from} ${to}`)).toBe(reachable(graph, to).has(from) || from === to);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('do not depend on the order in which files and imports are given', async () => {
    await fc.assert(
      fc.asyncProperty(graphs(9), async (graph) => {
        const turned = new Map([...graph].reverse().map(([from, targets]) => [from, [...targets].reverse()]));
        expect(await find(turned)).toEqual(await find(graph));
      }),
    );
  });
});
