import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findCycles } from './cycles.js';
import { edgesOf, graphs, reachable, type Graph } from './test-support/graphs.js';

const find = (graph: Graph): Promise<string[][]> => findCycles(graph, () => undefined);
const graphOf = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges));

/** Files by number, in order, and for each those that it imports. */
const numbered = (count: number, next: (number: number) => number[]): Graph => {
  const name = (number: number): string => `m${String(number).padStart(4, '0')}.ts`;
  return new Map(Array.from({ length: count }, (_, number) => [name(number), next(number).map(name)]));
};

/** The imports that cycles are made of, all of which have to be there. */
function importsOf(cycles: string[][], graph: Graph): Set<string> {
  const imports = new Set<string>();
  for (const cycle of cycles) {
    expect(new Set(cycle).size).toBe(cycle.length);
    expect(cycle[0]).toBe([...cycle].sort()[0]);
    cycle.forEach((from, at) => {
      const to = cycle[(at + 1) % cycle.length] as string;
      expect(edgesOf(graph, from)).toContain(to);
      imports.add(`${from} ${to}`);
    });
  }
  expect(new Set(cycles.map(String)).size).toBe(cycles.length);
  return imports;
}

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
        const listed = importsOf(cycles, graph);
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

  test('are few where they are long, and hold every import nevertheless, if that can be', async () => {
    // Three hundred layers of two files: there are 2 ** 300 cycles, and a shortest way back for each of 1200 imports.
    const layers = numbered(600, (number) => {
      const next = 2 * (((number >> 1) + 1) % 300);
      return [next, next + 1];
    });
    const cycles = await find(layers);
    expect(cycles.map(({ length }) => length)).toEqual([300, 300, 300, 300]);
    expect(importsOf(cycles, layers).size).toBe(1200);
  });

  // A chain, then five hundred files side by side, each of which leads back to its beginning.
  const fan = (number: number): number[] => {
    if (number < 199) return [number + 1];
    return number === 199 ? Array.from({ length: 500 }, (_, at) => 200 + at) : [0];
  };

  test('have no more than ten names for each import where each of these is on a long one of its own', async () => {
    const graph = numbered(700, fan);
    const cycles = await find(graph);
    importsOf(cycles, graph);
    expect(cycles.every(({ length }) => length === 201)).toBe(true);
    expect(cycles.length).toBe(Math.floor((10 * (199 + 500 + 500)) / 201));
  });

  test('of up to a hundred files hold every import that is on one, however many long ones there are', async () => {
    for (const length of [100, 101]) {
      // Three rings besides, each through a file of the chain.
      const rings = (number: number): number[] => {
        const ring = Math.floor((number - 700) / (length - 1));
        if (number < 700) return number < 3 ? [...fan(number), 700 + number * (length - 1)] : fan(number);
        return [(number - 700) % (length - 1) === length - 2 ? ring : number + 1];
      };
      const graph = numbered(700 + 3 * (length - 1), rings);
      const cycles = await find(graph);
      importsOf(cycles, graph);
      // Of the long ones the nearest come first, file by file.
      expect(cycles.filter((cycle) => cycle.length === length).length).toBe(length === 100 ? 3 : 1);
      expect(cycles.filter((cycle) => cycle.length === 201).length).toBeGreaterThan(50);
    }
  });
});
