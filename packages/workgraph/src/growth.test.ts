// How much of the graph is looked at, counted, for no clock tells the same twice: an await is one step, each edge that a search looks at another, and each request that it counts.
import { describe, expect, test } from '@jest/globals';
import { emptyLoop } from './empty-loop.js';
import { owe, wait } from './graph.js';
import { newRequest, OnceMap, Worker } from './index.js';
import { searched } from './order.js';
import { REJECTED, Request, shared, WATCHED, WORKER, WorkerState } from './state.js';

type Edge = readonly [waiter: number, target: number];

const chain = (n: number): Edge[] => Array.from({ length: n - 1 }, (_, index) => [index, index + 1]);

/** A hundred layers, each worker awaiting three of the layer below. */
function layered(n: number): Edge[] {
  const width = n / 100;
  return Array.from({ length: (n - width) * 3 }, (_, index) => {
    const worker = Math.floor(index / 3);
    const below = (Math.floor(worker / width) + 1) * width;
    return [worker, below + ((worker * 7 + (index % 3) * 13) % width)];
  });
}

/** As a program comes by them that starts at the top and goes down first. */
function discovered(edges: Edge[], n: number): Edge[] {
  const targets = Array.from({ length: n }, (): number[] => []);
  for (const [waiter, target] of edges) targets[waiter]?.push(target);
  const found: Edge[] = [];
  const entered = new Uint8Array(n);
  for (let root = 0; root < n / 100; root++) {
    const path: [worker: number, next: number][] = [[root, 0]];
    for (let top; (top = path.at(-1)) !== undefined;) {
      const target = targets[top[0]]?.[top[1]++];
      if (target === undefined) {
        path.pop();
      } else {
        found.push([top[0], target]);
        if (entered[target] === 0) path.push([target, 0]);
        entered[target] = 1;
      }
    }
  }
  return found;
}

/** The same in a random sequence, but always the same one. */
function shuffled<T>(list: T[]): T[] {
  let seed = 1;
  for (let at = list.length - 1; at > 0; at--) {
    seed = (seed * 48_271) % 2_147_483_647;
    const other = seed % (at + 1);
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
  return list;
}

/** How many ones a number ends with: the round in which chains twice as long are joined there. */
const round = (value: number): number => 31 - Math.clz32(~value & (value + 1));

/** The steps that it takes to await these, by workers that were made in the order in which they are awaited, or against it. */
function steps(n: number, edges: readonly Edge[], made: 'in order' | 'in reverse'): number {
  const names = Array.from({ length: n }, (_, index) => index);
  if (made === 'in reverse') names.reverse();
  const requests = new Array<Request>(n);
  for (const name of names) owe((requests[name] = new Request(new WorkerState(), undefined)));
  const before = searched;
  for (const [waiter, target] of edges) wait((requests[waiter] as Request).worker, requests[target] as Request);
  // No cycle was found where there is none.
  expect(requests.every((request) => request.flags === 0)).toBe(true);
  // Else the graphs of all tests were kept until the event loop had a turn: gigabytes.
  for (const { worker } of requests) if (worker.flags & WATCHED) emptyLoop.unwatch(worker);
  return edges.length + searched - before;
}

/** A hub that a third of all await, or that awaits a third, and a third whose waits go against the order: what is cheap is the other side. */
function hub(n: number, side: 'awaited' | 'awaiting'): Edge[] {
  const third = Math.floor(n / 3) - 1;
  const all = Array.from({ length: third }, (_, index) => index);
  const at = side === 'awaited' ? 2 * third : third;
  const rest = at + 1;
  return side === 'awaited'
    ? [
        ...all.map((index): Edge => [index, at]),
        ...all.map((index): Edge => [third + index, rest + index]),
        ...all.map((index): Edge => [at, 2 * third - 1 - index]),
      ]
    : [
        ...all.map((index): Edge => [at, rest + third + index]),
        ...all.map((index): Edge => [index, rest + index]),
        ...all.map((index): Edge => [rest + index, at]),
      ];
}

/** A hub that awaits a list of modules, each of which then awaits the one before, between two chains: none can go to an end of the order. */
function modules(n: number): Edge[] {
  const quarter = n / 4;
  const links = chain(quarter);
  const [hub, first, below] = [quarter - 1, quarter, 2 * quarter];
  return [
    ...links,
    ...links.map(([a, b]): Edge => [below + a, below + b]),
    ...links.map(([a]): Edge => [hub, first + a]),
    [first, below],
    ...links.slice(1).map(([a]): Edge => [first + a, first + a - 1]),
  ];
}

/** The same, where each module awaits three of those before it, in a random sequence. */
function modulesAtRandom(n: number): Edge[] {
  const quarter = n / 4;
  const edges = modules(n).slice(0, 3 * quarter - 2);
  const later = Array.from({ length: 3 * (quarter - 2) }, (_, index): Edge => {
    const at = 1 + Math.floor(index / 3);
    return [quarter + at, quarter + ((at * 7919 + (index % 3) * 104_729) % at)];
  });
  return [...edges, ...shuffled(later)];
}

/** The same graph seen from its other end. */
const turned = (edges: Edge[], n: number): Edge[] => edges.map(([a, b]) => [n - 1 - b, n - 1 - a]);

/** A thousand workers take exactly so many steps: fewer, and something was not looked at. */
const shapes: [name: string, make: (n: number) => Edge[], factor: number, inOrder: number, inReverse: number][] = [
  ['a chain from its head', chain, 6, 999, 999],
  ['a chain from its tail', (n) => chain(n).reverse(), 6, 999, 999],
  [
    'chains joined in pairs, and these in pairs again',
    (n) => chain(n).sort(([a], [b]) => round(a) - round(b)),
    6,
    999,
    1997,
  ],
  ['chains joined at random', (n) => shuffled(chain(n)), 6, 999, 7959],
  ['one that awaits all others', (n) => chain(n).map(([, target]) => [0, target]), 6, 999, 999],
  ['all others awaiting one', (n) => chain(n).map(([, waiter]) => [waiter, 0]), 6, 999, 999],
  ['a hub that many await, and that awaits many', (n) => hub(n, 'awaited'), 6, 1660, 1660],
  ['a hub that awaits many, and that many await', (n) => hub(n, 'awaiting'), 6, 1328, 2324],
  ['modules that are placed into one gap, each before the last', modules, 6, 1244, 1990],
  ['modules that are placed into one gap, each behind the last', (n) => turned(modules(n), n), 6, 1369, 2241],
  ['modules that are placed into one gap at random', modulesAtRandom, 8, 2555, 3283],
  [
    'a chain from its tail, where everyone is awaited before it awaits',
    (n) =>
      Array.from({ length: n / 2 - 1 }, (_, index) => n / 2 - 2 - index).flatMap((index): Edge[] => [
        [n / 2 + index, index],
        [index, index + 1],
      ]),
    6,
    1496,
    2771,
  ],
  ['layers from the top', layered, 8, 2970, 2970],
  ['layers from the bottom', (n) => layered(n).reverse(), 8, 2970, 2970],
  ['layers in the sequence in which they are discovered', (n) => discovered(layered(n), n), 8, 2970, 4443],
];

test('an await of what has settled does not touch the graph', async () => {
  const [main, owner] = [new Worker(), new Worker()];
  const [done, failed] = [newRequest<number>(owner), newRequest<number>(owner)];
  done.resolver.resolve(owner, 1);
  failed.resolver.reject(owner, 2);
  const map = new OnceMap<number, number>((key) => key);
  await map.get(3, owner);
  const state = main[WORKER] as WorkerState;
  const before = { ...state, ...shared, searched };
  const { signal } = new AbortController();
  const waits = [done.promise.await(main), done.promise.await(main, { signal }), map.get(3, main)];
  const failing = failed.promise.await(main);
  expect({ ...state, ...shared, searched }).toEqual(before);
  expect(await Promise.all(waits)).toEqual([1, 1, 3]);
  await expect(failing).rejects.toBe(2);
});

function grow(make: (n: number) => Edge[], factor: number, few: number, many: number): void {
  const [small, large] = [make(few), make(many)];
  for (const made of ['in order', 'in reverse'] as const) {
    expect(steps(many, large, made) / steps(few, small, made)).toBeLessThan(factor);
  }
}

describe.each(shapes)('the steps of %s', (_, make, factor, inOrder, inReverse) => {
  test('are these, where there are a thousand workers', () => {
    const edges = make(1000);
    expect([steps(1000, edges, 'in order'), steps(1000, edges, 'in reverse')]).toEqual([inOrder, inReverse]);
  });

  test('grow by less than 6, or 8 for layers, to four times as many workers', () => grow(make, factor, 1000, 4000));
});

describe.each(shapes.filter(([name]) => /from|all others|layers/.test(name)))('the steps of %s', (_, make, factor) => {
  test('grow by less than 6, or 8 for layers, from 25,000 workers to 100,000', () => {
    grow(make, factor, 25_000, 100_000);
  }, 120_000);
});

describe('the steps of a worker that owes very many who are awaited', () => {
  const unseen = (wait: Promise<unknown>): void => void wait.catch(() => {});

  /** Of those that it awaits, each awaits others and was made before it: this goes against the order. */
  function awaiting(owed: number, chains: number, length: number, awaited = owed): number {
    const heads = Array.from({ length: chains }, () => {
      const links = Array.from({ length }, () => {
        const worker = new Worker();
        return { worker, request: newRequest(worker).promise };
      });
      links.slice(1).forEach(({ request }, index) => unseen(request.await(links[index]!.worker)));
      return links[0]!.request;
    });
    const worker = new Worker();
    const requests = Array.from({ length: owed }, () => newRequest(worker).promise);
    for (const request of requests.slice(-awaited)) unseen(request.await(new Worker()));
    const before = searched;
    for (const head of heads) unseen(head.await(worker));
    const taken = searched - before;
    worker[Symbol.dispose]();
    return taken;
  }

  test('are as many as there are workers, when it awaits a long chain', () => {
    expect(awaiting(1000, 1, 1000)).toBeLessThan(3000);
    expect(awaiting(2000, 1, 2000)).toBeLessThan(6000);
  });

  test('are as many as there are workers, when it awaits many that await one', () => {
    expect(awaiting(1000, 1000, 2)).toBeLessThan(4000);
    expect(awaiting(2000, 2000, 2)).toBeLessThan(8000);
  });

  test('are as many as there are workers, when nearly none of what it owes is awaited', () => {
    expect(awaiting(1000, 1000, 2, 1)).toBeLessThan(4000);
    expect(awaiting(2000, 2000, 2, 1)).toBeLessThan(8000);
  });
});

test('the steps of cycles grow with those who can be on them, not with all that their members need besides', () => {
  const make = (): Request => {
    const request = new Request(new WorkerState(), undefined);
    owe(request);
    return request;
  };
  // Triangles, each of whose members first awaits a hub that awaits very many.
  const told = (n: number): number => {
    const triangles = Array.from({ length: n / 10 }, () => [make(), make(), make()] as const);
    const hub = make();
    for (let i = 0; i < n; i++) wait(hub.worker, make());
    const before = searched;
    for (const triangle of triangles) {
      for (const { worker } of triangle) wait(worker, hub);
      for (const [index, { worker }] of triangle.entries()) wait(worker, triangle[(index + 1) % 3] as Request);
      expect(triangle.every(({ flags }) => flags & REJECTED)).toBe(true);
    }
    return searched - before;
  };
  expect(told(1000)).toBeLessThan(2000);
  expect(told(2000)).toBeLessThan(4000);
});
