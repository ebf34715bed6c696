// What does it cost to compute a graph of results that depend on each other, each once, with cycles found?
import { OnceMap, Worker } from '@x/workgraph';
import DataLoader from 'dataloader';
import { Question, size, type Contender, type Weighed } from '../harness/question.js';
import { binaryTree, chain, expected, fanIn, layered, type Graph } from '../harness/graphs.js';
import * as memos from '../harness/memos.js';

const bench = new Question('once-map', 'What does a memo of dependent results cost?');
const n = size(100_000, 5_000, 500);

const graphs: Record<string, { graph: Graph; title: string }> = {
  chain: { graph: chain(n), title: `a chain of ${n.toLocaleString('en')}` },
  'fan-in': { graph: fanIn(n), title: `one that depends on ${n.toLocaleString('en')} others` },
  layered: { graph: layered(n), title: `100 layers, ${n.toLocaleString('en')} nodes with 5 dependencies each` },
  tree: { graph: binaryTree(n), title: `a binary tree of ${n.toLocaleString('en')}` },
};

for (const [name, { graph, title }] of Object.entries(graphs)) {
  const computing =
    (memo: memos.Memo): Contender =>
    () =>
      memo(graph);
  const overflows = name === 'chain';
  const effects = {
    'Effect Cache': computing(memos.effectCache),
    'Effect.cached': computing(memos.effectCached),
    'Effect Deferred': computing(memos.effectDeferred),
  };
  await bench.compare({
    id: `oncemap.${name}`,
    title: `${title}, dependencies awaited one after another`,
    ours: { OnceMap: computing(memos.ours) },
    peers: {
      DataLoader: computing(memos.dataLoader),
      'p-graph': computing(memos.pGraph),
      ...(overflows ? {} : effects),
    },
    floor: { 'a Map of promises': computing(memos.floor) },
    expect: expected(graph),
    absent: overflows ? Object.fromEntries(Object.keys(effects).map((one) => [one, 'too deep: see depth'])) : {},
    targets: [
      { ours: 'OnceMap', of: 'a Map of promises', atMost: 1.4 },
      { ours: 'OnceMap', of: 'DataLoader', atMost: 0.35 },
      ...(overflows ? [] : Object.keys(effects).map((of) => ({ ours: 'OnceMap', of, atMost: 1 }))),
    ],
  });
  if (name === 'chain') continue;
  await bench.compare({
    id: `oncemap.${name}.all`,
    title: `${title}, dependencies awaited by Promise.all`,
    ours: { OnceMap: computing(memos.oursAtOnce) },
    peers: { 'DataLoader.loadMany': computing(memos.dataLoaderAtOnce) },
    floor: { 'a Map of promises': computing(memos.floorAtOnce) },
    expect: expected(graph),
    targets: [{ ours: 'OnceMap', of: 'a Map of promises', atMost: 1.3 }],
  });
}

/** A memo with a result for each of its keys. */
const full = (make: () => (key: number) => Promise<number>): Weighed => ({
  hold: async () => {
    const get = make();
    for (let key = 0; key < n; key++) await get(key);
    return get;
  },
  release: (get: (key: number) => Promise<number>) => get(n - 1),
});

await bench.weigh({
  id: 'oncemap.kept',
  title: `bytes of each of ${n.toLocaleString('en')} results that are there`,
  items: n,
  ours: {
    OnceMap: full(() => {
      const map = new OnceMap((key: number) => Promise.resolve(key));
      const worker = new Worker();
      return (key) => map.get(key, worker);
    }),
  },
  peers: {
    DataLoader: full(() => {
      const loader = new DataLoader<number, number>((keys) => Promise.resolve(keys));
      return (key) => loader.load(key);
    }),
  },
  floor: {
    'a Map of promises': full(() => {
      const map = new Map<number, Promise<number>>();
      return (key) => {
        let promise = map.get(key);
        if (promise === undefined) map.set(key, (promise = Promise.resolve(key)));
        return promise;
      };
    }),
  },
  expect: n - 1,
  targets: [{ ours: 'OnceMap', of: 'a Map of promises', atMost: 1.1 }],
});

bench.end();
