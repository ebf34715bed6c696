import { dispose, equal, fail, failure, holds, later, same } from './harness.mjs';

/**
 * @param {typeof import('@x/workgraph')} workgraph
 * @param {typeof import('@x/workgraph/inspect')} inspect
 * @returns {import('./harness.mjs').Checks}
 */
export const workgraph = (
  {
    captureSites,
    newRequest,

    Once,
    onceFunc,
    OnceMap,
    SelfDependencyError,
    spawn,
    UnresolvedError,
    Worker,
    WorkgraphUsageError,
  },
  { snapshot, toDot, toMermaid },
) => ({
  'results that need each other are made once': async () => {
    /** @type {Record<string, string[]>} */
    const needs = { top: ['left', 'right'], left: ['bottom'], right: ['bottom'], bottom: [] };
    let runs = 0;
    /** @type {import('@x/workgraph').OnceMap<string, number>} */
    const map = new OnceMap(async (key, worker) => {
      runs++;
      const sizes = await Promise.all((needs[key] ?? []).map((other) => map.get(other, worker)));
      return sizes.reduce((sum, each) => sum + each, 1);
    });
    equal(await map.get('top', new Worker()), 5);
    same([runs, map.size], [4, 4]);
  },
  'a cycle is an error that names its members, in order': async () => {
    /** @type {Record<string, string>} */
    const next = { a: 'b', b: 'c', c: 'a', outside: 'a' };
    /** @type {import('@x/workgraph').OnceMap<string, number>} */
    const map = new OnceMap(async (key, worker) => {
      await later();
      return map.get(next[key] ?? '', worker);
    });
    const error = await failure(() => map.get('outside', new Worker()));
    holds(error instanceof SelfDependencyError, 'a SelfDependencyError');
    same([error.code, error.requestIds.length], ['ERR_SELF_DEPENDENCY', 3]);
    holds(/^[abc] -> [abc] -> [abc] -> [abc]$/.test(error.message), `the message is ${error.message}`);
  },
  'a cycle through one of several awaits is found, and what is not on it lives on': async () => {
    const main = new Worker();
    const [a, b, free] = [
      newRequest(main, { name: 'a' }),
      newRequest(main, { name: 'b' }),
      newRequest(main, { name: 'free' }),
    ];
    const first = spawn((worker) => Promise.all([b.promise.await(worker), free.promise.await(worker)]), {}, a.resolver);
    const second = spawn((worker) => a.promise.await(worker), {}, b.resolver);
    const waiting = free.promise.await(new Worker());
    holds((await failure(() => a.promise.await(new Worker()))) instanceof SelfDependencyError, 'a is on the cycle');
    holds((await failure(() => b.promise.await(new Worker()))) instanceof SelfDependencyError, 'b is on the cycle');
    free.resolver.resolve(main, 1);
    equal(await waiting, 1);
    void [first, second];
  },
  'a request whose worker is gone fails': async () => {
    const { resolver, promise } = newRequest(new Worker(), { name: 'lost' });
    spawn(() => {}, {}, resolver);
    const error = await failure(() => promise.await(new Worker()));
    holds(error instanceof UnresolvedError && error.message.includes('lost'), 'an UnresolvedError that names it');
    equal(error.code, 'ERR_UNRESOLVED');
    const worker = new Worker();
    const other = newRequest(worker);
    worker[dispose]();
    equal((await failure(() => other.promise.await(new Worker()))).code, 'ERR_UNRESOLVED');
  },
  'a request is reported once, by who is responsible': async () => {
    const worker = new Worker();
    const { resolver, promise } = newRequest(worker);
    holds((await failure(() => resolver.resolve(new Worker(), 2))) instanceof WorkgraphUsageError, 'nobody else');
    resolver.resolve(worker, 1);
    equal((await failure(() => resolver.resolve(worker, 2))).code, 'ERR_WORKGRAPH_USAGE');
    equal(await promise.await(new Worker()), 1);
  },
  'null and undefined are values; what was thrown comes out as it is': async () => {
    for (const value of [null, undefined]) {
      const worker = new Worker();
      const { resolver, promise } = newRequest(worker);
      resolver.resolve(worker, value);
      equal(await promise.await(new Worker()), value);
      const once = new Once();
      equal(
        await failure(() => once.do(new Worker(), () => fail(value === null ? null : 'no'))),
        value === null ? null : 'no',
      );
    }
  },
  'a failure that nobody awaits is not reported; of work that owes nothing it is': async (host) => {
    const worker = new Worker();
    newRequest(worker).resolver.reject(worker, new Error('unseen'));
    same(await host.reported(), []);
    spawn(() => fail(new Error('of the work')));
    same(
      (await host.reported()).map((error) => /** @type {Error} */ (error).message),
      ['of the work'],
    );
  },
  'an await that is given up leaves no edge': async () => {
    const [one, two] = [new Worker(), new Worker()];
    const [a, b] = [newRequest(one), newRequest(two)];
    const scope = new AbortController();
    const given = failure(() => b.promise.await(one, { signal: scope.signal }));
    scope.abort('enough');
    equal(await given, 'enough');
    const waiting = a.promise.await(two);
    a.resolver.resolve(one, 1);
    equal(await waiting, 1);
    b.resolver.resolve(two, 2);
  },
  'a chain of twenty thousand resolves': async () => {
    /** @type {import('@x/workgraph').OnceMap<number, number>} */
    const map = new OnceMap(async (key, worker) => (key === 0 ? 0 : (await map.get(key - 1, worker)) + 1));
    equal(await map.get(20_000, new Worker()), 20_000);
  },
  'a result can be forgotten, and a failed one need not be kept': async () => {
    let runs = 0;
    const map = new OnceMap(() => (++runs === 1 ? fail('first') : runs), { keepFailures: false });
    equal(await failure(() => map.get('key', new Worker())), 'first');
    equal(await map.get('key', new Worker()), 2);
    map.reset('key');
    equal(await map.get('key', new Worker()), 3);
    const once = onceFunc(() => ++runs);
    same([await once(new Worker()), await once(new Worker())], [4, 4]);
  },
  'a graph can be drawn': async () => {
    const worker = new Worker({ name: 'main' });
    const { resolver, promise } = newRequest(worker, { name: 'answer' });
    const waiter = new Worker({ name: 'waiter' });
    const waiting = promise.await(waiter);
    const tracked = waiter.track(later(5), 'a timer');
    const graph = snapshot(worker, waiter);
    same(
      graph.requests.map(({ name, state }) => [name, state]),
      [['answer', 'pending']],
    );
    holds(
      graph.workers.some(({ name, tracking }) => name === 'waiter' && tracking.includes('a timer')),
      'the timer is in view',
    );
    holds(toDot(graph).includes('digraph') && toMermaid(graph).includes('answer'), 'both drawings');
    resolver.resolve(worker, 1);
    await Promise.all([waiting, tracked]);
  },
  'errors say where requests were made, once asked to': async (host) => {
    captureSites();
    try {
      const worker = new Worker();
      const error = await failure(() => newRequest(worker, { name: 'here' }).promise.await(worker));
      equal(error.code, 'ERR_SELF_DEPENDENCY');
      const [, place = ''] = /here was made (.*)/.exec(error.message) ?? [];
      holds(host.name === 'browser' ? place !== '' : place.includes('suite/workgraph.mjs'), `the place is "${place}"`);
    } finally {
      captureSites(false);
    }
  },
});
