// What @x/workgraph calls, while it calls back.
import { describe, expect } from '@jest/globals';
import {
  type AnyResolver,
  captureSites,
  newRequest,
  Once,
  OnceMap,
  onceFunc,
  spawn,
  Worker,
  WorkgraphUsageError,
} from '@x/workgraph';
import * as context from '@x/workgraph/context';
import { snapshot, toDot, toMermaid } from '@x/workgraph/inspect';
import { type Calls, type Hit, methods, Reentrancy, type Scene, STOP } from '../test-support/reentrancy.js';
import { waitsOn } from '../test-support/surroundings.js';

const nothing = (): void => {};

/** Somebody else may have it by then. */
function unlessTaken(report: () => void): void {
  try {
    report();
  } catch (error) {
    expect(error).toBeInstanceOf(WorkgraphUsageError);
  }
}

/** A map, a once and a request, and whatever can be done with them by a worker. */
class Graph {
  readonly runs: string[] = [];
  readonly stop: AbortController;
  readonly owner = new Worker({ name: 'owner' });
  readonly once = new Once<number>({ name: 'once' });
  readonly map: OnceMap<string, unknown>;
  readonly request = newRequest<number>(this.owner, { name: 'request' });
  current: Worker = this.owner;

  constructor(stop: AbortController, hit?: Hit, options: { name?: (key: string) => string } = {}) {
    this.stop = stop;
    this.map = new OnceMap<string, unknown>(
      (key, worker) => {
        this.runs.push(key);
        if (key !== 'first' || !hit) return key;
        this.current = worker;
        return hit(1, worker.signal);
      },
      { signal: stop.signal, ...options },
    );
  }

  calls(): Calls {
    const { map, once, owner, request, stop } = this;
    const worker = this.current;
    const asked = { signal: stop.signal };
    return {
      ...methods(map, { get: () => ['first', worker], requestId: () => ['first'], reset: () => ['first'] }, 'map.'),
      ...methods(once, { do: () => [worker, () => 1] }, 'once.'),
      ...methods(request.promise, { await: () => [worker] }, 'promise.'),
      ...methods(request.resolver, { resolve: () => [owner, 1], reject: () => [owner, STOP], report: () => [owner, { status: 'fulfilled', value: 1 }] }, 'resolver.'), // prettier-ignore
      ...methods(worker, { track: () => [new Promise((resolve) => setImmediate(resolve)), 'tracked'] }, 'worker.'),
      'another key': () => map.get('second', worker),
      'another worker': () => map.get('second', new Worker()),
      'map.get, with a signal': () => map.get('first', worker, asked),
      'once.do, with a signal': () => once.do(worker, () => 1, asked),
      'await, with a signal': () => request.promise.await(worker, asked),
      'await by another': () => request.promise.await(new Worker(), asked),
      'await itself': () => this.itself(),
      'hand over': () => spawn((given) => unlessTaken(() => request.resolver.resolve(given, 2)), {}, request.resolver),
      'hand over to one that forgets': () => spawn(nothing, {}, request.resolver),
      newRequest: () => newRequest(worker),
      onceFunc: () => onceFunc(() => 1)(worker),
      spawn: () => spawn(nothing),
      captureSites: () => captureSites(false),
      snapshot: () => [toDot(snapshot(worker, map, once, request.promise)), toMermaid(snapshot(worker, map))].length,
      dispose: () => owner[Symbol.dispose](),
      ...waitsOn(worker.signal === this.owner.signal ? stop.signal : worker.signal),
      stop: () => stop.abort(STOP),
    };
  }

  /** A request that only its own result could resolve. */
  itself(): Promise<unknown> {
    const worker = new Worker();
    const { promise } = newRequest(worker);
    return promise.await(worker);
  }

  scene(start: () => unknown): Scene {
    return {
      around: () => this.calls(),
      start,
      end: () => this.owner[Symbol.dispose](),
      holds: () => {
        const { workers, edges } = snapshot(this.owner, this.map, this.once);
        expect([edges, workers.flatMap(({ awaiting, tracking }) => [...awaiting, ...tracking])]).toEqual([[], []]);
      },
    };
  }
}

/** The same without workers: it is the one whose work is running. */
function inContext(stop: AbortController, start: (map: context.OnceMap<string, number>) => unknown): Scene {
  const { resolver, promise } = context.newRequest<number>({ name: 'request' });
  const once = new context.Once<number>();
  const map = new context.OnceMap<string, number>(() => 1, { signal: stop.signal });
  return {
    around: () => ({
      ...methods(map, { get: () => ['key'], requestId: () => ['key'], reset: () => ['key'] }, 'map.'),
      ...methods(once, { do: () => [() => 1] }, 'once.'),
      'map.get, with a signal': () => map.get('key', { signal: stop.signal }),
      'once.do, with a signal': () => once.do(() => 1, { signal: stop.signal }),
      ...methods(promise, { await: () => [{ signal: stop.signal }] }, 'promise.'),
      ...methods(resolver, { resolve: () => [1], reject: () => [STOP], report: () => [{ status: 'rejected', reason: STOP }] }, 'resolver.'), // prettier-ignore
      currentWorker: () => context.currentWorker().name,
      'dispose of the worker': () => context.currentWorker()[Symbol.dispose](),
      newRequest: () => context.newRequest().promise.requestId.name,
      onceFunc: () => context.onceFunc(() => 1)(),
      spawn: () => context.spawn(nothing),
      'hand over': () => context.spawn(() => unlessTaken(() => resolver.resolve(2)), {}, resolver),
      snapshot: () => snapshot(context.currentWorker(), map, once, promise).edges.length,
      ...waitsOn(stop.signal),
      stop: () => stop.abort(STOP),
    }),
    start: () => start(map),
    // By whoever has it, if it has not been.
    end: () => stop.abort(STOP),
    holds: () => expect(snapshot(map, once).edges).toEqual([]),
  };
}

describe('@x/workgraph', () => {
  new Reentrancy('workgraph')
    .row('workgraph OnceMap fn', (hit, stop) => {
      const graph = new Graph(stop, hit);
      return graph.scene(() => graph.map.get('first', new Worker()));
    })
    .row('workgraph Once.do fn', (hit, stop) => {
      const graph = new Graph(stop);
      return graph.scene(() => graph.once.do(new Worker({ signal: stop.signal }), (worker) => {
        graph.current = worker;
        return hit(1);
      })); // prettier-ignore
    })
    .row('workgraph onceFunc fn', (hit, stop) => {
      const graph = new Graph(stop);
      const fn = onceFunc((worker) => {
        graph.current = worker;
        return hit(1);
      });
      return graph.scene(() => Promise.all([fn(new Worker()), fn(new Worker())]));
    })
    .row('workgraph spawn work', (hit, stop) => {
      const graph = new Graph(stop);
      const { promise, resolver } = newRequest<number>(new Worker(), { name: 'of the work' });
      const work = (worker: Worker): unknown => {
        graph.current = worker;
        return hit(undefined, worker.signal);
      };
      return graph.scene(() => {
        spawn(work, { signal: stop.signal }, resolver);
        return promise.await(new Worker());
      });
    })
    .row('workgraph OnceMapOptions.name', (hit, stop) => {
      const graph = new Graph(stop, undefined, { name: (key) => (hit(), key) });
      return graph.scene(async () => {
        await graph.map.get('first', new Worker());
        return graph.map.requestId('first').name;
      });
    })
    .row('workgraph ResolverContainer.containedResolvers', (hit, stop) => {
      const graph = new Graph(stop);
      const container = { containedResolvers: () => (hit(), [graph.request.resolver]) };
      return graph.scene(() => spawn(nothing, {}, container));
    })
    .row('workgraph ResolverContainer.containedResolvers(): Iterable', (hit, stop) => {
      const graph = new Graph(stop);
      function* resolvers(): Generator<AnyResolver> {
        hit();
        yield graph.request.resolver;
      }
      return graph.scene(() => new Worker({}, { containedResolvers: resolvers })[Symbol.dispose]());
    })
    .row('workgraph Worker.track promise: PromiseLike', (hit, stop) => {
      const graph = new Graph(stop);
      const promise = { then: (resolve: (value: unknown) => void) => resolve(hit()) } as PromiseLike<unknown>;
      return graph.scene(() => graph.owner.track(promise, 'tracked'));
    })
    .none('workgraph/inspect snapshot roots.requestId', 'of what is ours; is not called')

    .row('workgraph/context OnceMap fn', (hit, stop) => {
      const map = new context.OnceMap<string, number>(() => hit(1), { signal: stop.signal });
      const scene = inContext(stop, () => map.get('first'));
      const calls = methods(map, { get: () => ['first'], requestId: () => ['first'], reset: () => ['first'] }, 'own.');
      return { ...scene, around: () => ({ ...(scene.around as () => Calls)(), ...calls }) };
    })
    .row('workgraph/context OnceMapOptions.name', (hit, stop) => {
      const map = new context.OnceMap<string, number>(() => 1, { name: (key) => (hit(), key) });
      return inContext(stop, async () => {
        await map.get('first');
        return map.requestId('first').name;
      });
    })
    .row('workgraph/context Once.do fn', (hit, stop) =>
      inContext(stop, () => new context.Once<number>().do(() => hit(1))),
    ) // prettier-ignore
    .row('workgraph/context onceFunc fn', (hit, stop) => inContext(stop, () => context.onceFunc(() => hit(1))()))
    .row('workgraph/context spawn work', (hit, stop) =>
      inContext(stop, () => {
        const { promise, resolver } = context.newRequest<number>();
        context.spawn(() => hit(), {}, resolver);
        return promise.await();
      }),
    ) // prettier-ignore
    .complete();
});
