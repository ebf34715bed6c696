// The ways to compute a graph of results, each result once: ours, the floor, and what people use today.
import { OnceMap, Worker } from '@x/workgraph';
import { auto } from 'async';
import DataLoader from 'dataloader';
import { Cache, Deferred, Effect } from 'effect';
import { PGraph } from 'p-graph';
import { valueOf, type Graph } from './graphs.js';

/** Computes the roots and adds them up. */
export type Memo = (graph: Graph) => Promise<number>;

const sumOf = async (roots: readonly number[], get: (root: number) => Promise<number>): Promise<number> =>
  (await Promise.all(roots.map(get))).reduce((sum, value) => sum + value, 0);

/** One dependency is awaited after another. */
export const ours: Memo = ({ roots, dependenciesOf }) => {
  const map: OnceMap<number, number> = new OnceMap(async (node: number, worker: Worker) => {
    let sum = 0;
    for (const dependency of dependenciesOf(node)) sum += await map.get(dependency, worker);
    return valueOf(sum);
  });
  using worker = new Worker();
  return sumOf(roots, (root) => map.get(root, worker));
};

/** All dependencies are awaited at once. */
export const oursAtOnce: Memo = ({ roots, dependenciesOf }) => {
  const map: OnceMap<number, number> = new OnceMap(async (node: number, worker: Worker) => {
    const values = await Promise.all(dependenciesOf(node).map((dependency) => map.get(dependency, worker)));
    return valueOf(values.reduce((sum, value) => sum + value, 0));
  });
  using worker = new Worker();
  return sumOf(roots, (root) => map.get(root, worker));
};

/** A map of promises, each started a microtask later so that nothing nests; a cycle hangs. */
const byHand = (compute: (node: number, get: (node: number) => Promise<number>) => Promise<number>) => {
  const map = new Map<number, Promise<number>>();
  const get = (node: number): Promise<number> => {
    let promise = map.get(node);
    if (promise === undefined) {
      promise = Promise.resolve().then(() => compute(node, get));
      map.set(node, promise);
    }
    return promise;
  };
  return get;
};

export const floor: Memo = ({ roots, dependenciesOf }) =>
  sumOf(
    roots,
    byHand(async (node, get) => {
      let sum = 0;
      for (const dependency of dependenciesOf(node)) sum += await get(dependency);
      return valueOf(sum);
    }),
  );

export const floorAtOnce: Memo = ({ roots, dependenciesOf }) =>
  sumOf(
    roots,
    byHand(async (node, get) => {
      const values = await Promise.all(dependenciesOf(node).map(get));
      return valueOf(values.reduce((sum, value) => sum + value, 0));
    }),
  );

export const dataLoader: Memo = ({ roots, dependenciesOf }) => {
  const compute = async (node: number): Promise<number> => {
    let sum = 0;
    for (const dependency of dependenciesOf(node)) sum += await loader.load(dependency);
    return valueOf(sum);
  };
  const loader = new DataLoader<number, number>((nodes) => Promise.all(nodes.map(compute)));
  return sumOf(roots, (root) => loader.load(root));
};

/** Loads all that a node needs with one call, as its documentation has it. */
export const dataLoaderAtOnce: Memo = ({ roots, dependenciesOf }) => {
  const compute = async (node: number): Promise<number> => {
    const values = await loader.loadMany(dependenciesOf(node));
    return valueOf(values.reduce<number>((sum, value) => sum + (value as number), 0));
  };
  const loader = new DataLoader<number, number>((nodes) => Promise.all(nodes.map(compute)));
  return sumOf(roots, (root) => loader.load(root));
};

/** Wants the whole graph before it starts. */
export const pGraph: Memo = async ({ nodes, roots, dependenciesOf }) => {
  const values = new Float64Array(nodes);
  const tasks = new Map<string, { run: () => void }>();
  const edges: [string, string][] = [];
  for (let node = 0; node < nodes; node++) {
    const name = String(node);
    const dependencies = dependenciesOf(node);
    tasks.set(name, {
      run: () => {
        let sum = 0;
        for (const dependency of dependencies) sum += values[dependency] ?? NaN;
        values[node] = valueOf(sum);
      },
    });
    for (const dependency of dependencies) edges.push([String(dependency), name]);
  }
  await new PGraph(tasks, edges).run();
  return roots.reduce((sum, root) => sum + (values[root] ?? NaN), 0);
};

/** Wants the whole graph before it starts, too. */
export const asyncAuto: Memo = async ({ nodes, roots, dependenciesOf }) => {
  type Callback = (error: null, value: number) => void;
  const tasks: Record<string, unknown> = {};
  for (let node = 0; node < nodes; node++) {
    const dependencies = dependenciesOf(node).map(String);
    tasks[node] =
      dependencies.length === 0
        ? (callback: Callback) => callback(null, valueOf(0))
        : [
            ...dependencies,
            (results: Record<string, number>, callback: Callback) => {
              let sum = 0;
              for (const dependency of dependencies) sum += results[dependency] ?? NaN;
              callback(null, valueOf(sum));
            },
          ];
  }
  const results = await auto<Record<string, number>>(tasks as never);
  return roots.reduce((sum, root) => sum + (results[root] ?? NaN), 0);
};

type Get = (node: number) => Effect.Effect<number>;

/** One dependency is awaited after another. */
const computeEffect = ({ dependenciesOf }: Graph, get: Get) =>
  function* (node: number) {
    let sum = 0;
    for (const dependency of dependenciesOf(node)) sum += yield* get(dependency);
    return valueOf(sum);
  };
const sumEffect = (roots: readonly number[], get: Get): Promise<number> =>
  Effect.runPromise(
    Effect.map(Effect.forEach(roots, get, { concurrency: 'unbounded' }), (values) =>
      values.reduce((sum, value) => sum + value, 0),
    ),
  );

export const effectCache: Memo = (graph) => {
  const compute = Effect.fnUntraced(computeEffect(graph, (node) => Cache.get(cache, node)));
  const cache: Cache.Cache<number, number> = Effect.runSync(Cache.make({ capacity: Infinity, lookup: compute }));
  return sumEffect(graph.roots, (root) => Cache.get(cache, root));
};

export const effectCached: Memo = (graph) => {
  const map = new Map<number, Effect.Effect<number>>();
  const get: Get = (node) => {
    let effect = map.get(node);
    if (effect === undefined) map.set(node, (effect = Effect.runSync(Effect.cached(compute(node)))));
    return effect;
  };
  const compute = Effect.fnUntraced(computeEffect(graph, get));
  return sumEffect(graph.roots, get);
};

/** A deferred a node, computed by a fiber of its own. */
export const effectDeferred: Memo = (graph) => {
  const map = new Map<number, Deferred.Deferred<number>>();
  const get: Get = (node) =>
    Effect.suspend(() => {
      const known = map.get(node);
      if (known !== undefined) return Deferred.await(known);
      const deferred = Deferred.makeUnsafe<number>();
      map.set(node, deferred);
      return Effect.andThen(Effect.forkDetach(Deferred.into(compute(node), deferred)), Deferred.await(deferred));
    });
  const compute = Effect.fnUntraced(computeEffect(graph, get));
  return sumEffect(graph.roots, get);
};
