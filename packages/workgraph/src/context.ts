// The graph without the worker as an argument: it is the one whose work is running, as AsyncLocalStorage knows.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type AnyResolver,
  type AwaitOptions,
  newRequest as newRequestOf,
  Once as OnceOf,
  OnceMap as OnceMapOf,
  type OnceMapOptions,
  type RequestId,
  type RequestOptions,
  type RequestPromise as RequestPromiseOf,
  type Resolver as ResolverOf,
  type ResolverContainer,
  spawn as spawnOf,
  Worker,
  type WorkerOptions,
} from './index.js';
import { checkFunction } from './arguments.js';
import { isThenable } from './run.js';
import { ENDED, REQUEST, REQUESTS, type RequestState, WORKER, type WorkerState } from './state.js';

export {
  type AnyResolver,
  type AwaitOptions,
  captureSites,
  noRequest,
  type OnceMapOptions,
  RequestId,
  type RequestOptions,
  type ResolverContainer,
  SelfDependencyError,
  UnresolvedError,
  WorkgraphUsageError,
  Worker,
  type WorkerOptions,
} from './index.js';

// One in a program: what was started by one copy of the package runs under the same worker for another.
const key = Symbol.for('@x/workgraph/context');
const storage = ((globalThis as Record<symbol, unknown>)[key] ??= Object.seal(
  new AsyncLocalStorage(),
)) as AsyncLocalStorage<Worker | undefined>;

/** Runs a function of the user's as the work of a worker, and what it returns: a thenable may begin its work when it is asked for its result. */
const under =
  <A extends unknown[], T>(fn: (...args: A) => T | PromiseLike<T>) =>
  (...args: [...A, Worker]): T | PromiseLike<T> => {
    const worker = args.pop() as Worker;
    return storage.run(worker, () => {
      const result = fn(...(args as unknown as A));
      return isThenable(result) ? Promise.resolve(result) : result;
    });
  };

let keeping: boolean | undefined;

/**
 * Makes what a map keeps outside any work. A promise of Node before 24 keeps the store that it was made under: a run would keep the worker from whose
 * work, or from a timer of which, it was asked for; that one its promise, with the result; and so on back to the first.
 */
function outsideWork<T>(make: () => T): T {
  const worker = storage.getStore();
  if (worker === undefined) return make();
  if (keeping === undefined) {
    // As a property. Where it does not, this would cost more than the look into a map.
    const promise = new Promise(() => {}) as object as Record<PropertyKey, unknown>;
    keeping = Reflect.ownKeys(promise).some((key) => promise[key] === worker);
  }
  return keeping ? storage.run(undefined, make) : make();
}

/**
 * Returns the worker whose work is running. Outside any work it returns a new worker for each call.
 *
 * Code that outlives the work that started it, such as a timer, is outside any work. There the new worker has the name and the signal of the ended one.
 *
 * @example
 * ```ts
 * import { currentWorker, spawn } from '@x/workgraph/context';
 *
 * spawn(() => console.log(currentWorker().name), { name: 'helper' });
 * // Output:
 * // helper
 * ```
 *
 * Source: none in go-workgraph, which hands its workers on as arguments; AsyncLocalStorage
 */
export function currentWorker(): Worker {
  const worker = storage.getStore();
  return worker !== undefined && isAtWork(worker) ? worker : new Worker(worker);
}

// What its work has started may outlive it: a timer, a connection.
const isAtWork = (worker: Worker): boolean => ((worker[WORKER] as WorkerState).flags & ENDED) === 0;

/**
 * Makes a request, as `newRequest` of the main entry does, for the current worker. Outside any work, its worker lives as long as the returned resolver.
 *
 * @example
 * ```ts
 * import { newRequest, spawn } from '@x/workgraph/context';
 *
 * const { resolver, promise } = newRequest<number>({ name: 'answer' });
 * spawn(() => resolver.resolve(42), { name: 'deep thought' }, resolver);
 * console.log(await promise.await());
 * // Output:
 * // 42
 * ```
 * @throws TypeError when the name is not a string.
 *
 * Source: go-workgraph NewRequest
 */
export function newRequest<T>(options?: RequestOptions): {
  /** For the code that makes the result. */
  resolver: Resolver<T>;
  /** For the code that needs the result. */
  promise: RequestPromise<T>;
} {
  const worker = currentWorker();
  const { resolver, promise } = newRequestOf<T>(worker, options);
  return {
    resolver: new (Resolver as unknown as new (resolver: ResolverOf<T>, maker: Worker) => Resolver<T>)(
      resolver,
      worker,
    ),
    promise: new (RequestPromise as unknown as new (promise: RequestPromiseOf<T>) => RequestPromise<T>)(promise),
  };
}

/**
 * Resolves one request, as `Resolver` of the main entry does. The current worker has to be responsible for it.
 *
 * @example
 * ```ts
 * import { newRequest, type Resolver, spawn } from '@x/workgraph/context';
 *
 * const answer = (resolver: Resolver<number>) => resolver.resolve(42); // for whoever calls it
 * const { resolver, promise } = newRequest<number>();
 * spawn(() => answer(resolver), {}, resolver);
 * console.log(await promise.await());
 * // Output:
 * // 42
 * ```
 *
 * Source: go-workgraph Resolver
 */
export class Resolver<in T> implements AnyResolver {
  readonly #resolver: ResolverOf<T>;
  readonly #maker: Worker;

  /** Made by `newRequest`. */
  private constructor(resolver: ResolverOf<T>, maker: Worker) {
    this.#resolver = resolver;
    this.#maker = maker;
  }

  /** Is the id of the request that it resolves. */
  get requestId(): RequestId {
    return this.#resolver.requestId;
  }

  /**
   * Resolves the request, as the current worker.
   *
   * @throws WorkgraphUsageError when the request was reported before, or the current worker is not responsible for it.
   */
  resolve(value: T): void {
    this.#resolver.resolve(this.#worker, value);
  }

  /**
   * Rejects the request with any value, as the current worker.
   *
   * @throws WorkgraphUsageError as `resolve` does.
   */
  reject(error: unknown): void {
    this.#resolver.reject(this.#worker, error);
  }

  /**
   * Resolves or rejects the request with an outcome in the form of `Promise.allSettled`, as the current worker.
   *
   * @throws WorkgraphUsageError as `resolve` does; TypeError when `outcome` is not such an outcome.
   */
  report(outcome: PromiseSettledResult<T>): void {
    this.#resolver.report(this.#worker, outcome);
  }

  /** Gives itself. */
  containedResolvers(): Iterable<AnyResolver> {
    return [this];
  }

  /** @internal */
  get [REQUEST](): object {
    return this.#resolver[REQUEST];
  }

  // What was made outside any work can be resolved there. What work has left behind reports too late what that was responsible for.
  get #worker(): Worker {
    const worker = storage.getStore();
    const { worker: responsible } = this[REQUEST] as RequestState;
    return worker !== undefined && (isAtWork(worker) || worker[WORKER] === responsible) ? worker : this.#maker;
  }
}

/**
 * Gives access to the result of one request, as `RequestPromise` of the main entry does. The current worker is the one that waits.
 *
 * @example
 * ```ts
 * import { newRequest, spawn } from '@x/workgraph/context';
 *
 * const { resolver, promise } = newRequest<number>({ name: 'total' });
 * spawn(async () => resolver.resolve(1 + (await promise.await())), {}, resolver); // needs itself
 * await promise.await().catch((error: Error) => console.log(error.message));
 * // Output:
 * // total -> total
 * ```
 *
 * Source: go-workgraph Promise
 */
export class RequestPromise<T> {
  readonly #promise: RequestPromiseOf<T>;

  /** Made by `newRequest`. */
  private constructor(promise: RequestPromiseOf<T>) {
    this.#promise = promise;
  }

  /** Is the id of the request that it awaits. */
  get requestId(): RequestId {
    return this.#promise.requestId;
  }

  /**
   * Waits for the result, as the current worker.
   *
   * @throws (as a rejection) the same errors as `await` of the main entry.
   */
  await(options?: AwaitOptions): Promise<T> {
    return this.#promise.await(currentWorker(), options);
  }

  /** @internal */
  get [REQUEST](): object {
    return this.#promise[REQUEST];
  }
}

/**
 * Starts work in a microtask, as `spawn` of the main entry does. Inside `work`, its worker is the current one.
 *
 * @example
 * ```ts
 * import { newRequest, spawn } from '@x/workgraph/context';
 *
 * const { resolver, promise } = newRequest<string>({ name: 'page' });
 * const load = async () => {
 *   throw new Error('offline');
 * };
 * spawn(load, { name: 'loader' }, resolver); // what it throws is what the page fails with
 * await promise.await().catch((error: Error) => console.log(error.message));
 * // Output:
 * // offline
 * ```
 * @throws TypeError when `work` is not a function, or an option or a resolver has the wrong type.
 *
 * Source: go-workgraph WithNewAsyncWorker
 */
export function spawn(work: () => unknown, options?: WorkerOptions, ...delegated: ResolverContainer[]): Worker {
  checkFunction('work', work);
  return spawnOf(under(work), options, ...delegated);
}

/**
 * Runs a function once, as `Once` of the main entry does. The current worker is the one that waits.
 *
 * @example
 * ```ts
 * import { Once } from '@x/workgraph/context';
 *
 * const config = new Once<string>({ name: 'config' });
 * const level = () => config.do(async () => {
 *   console.log('read');
 *   return 'debug';
 * });
 * console.log(await Promise.all([level(), level()]));
 * // Output:
 * // read
 * // [ 'debug', 'debug' ]
 * ```
 * @throws TypeError when the name is not a string.
 *
 * Source: go-workgraph Once
 */
export class Once<T> {
  readonly #once: OnceOf<T>;

  /**
   * Makes a memo of one result. The result is made on the first `do`.
   *
   * @param options the name of its request. Default: a number
   */
  constructor(options?: RequestOptions) {
    this.#once = new OnceOf(options);
  }

  /**
   * Waits for the result, as the current worker. The function of the first call makes the result.
   *
   * On abort of the signal in the options: as `do` of the main entry.
   *
   * @throws (as a rejection) the same errors as `do` of the main entry.
   */
  do(fn: () => T | PromiseLike<T>, options?: AwaitOptions): Promise<T> {
    const worker = currentWorker();
    return outsideWork(this.#once.do.bind(this.#once, worker, typeof fn === 'function' ? under(fn) : fn, options));
  }

  /** Is the id of the run in flight or settled; `noRequest` before the first run. */
  get requestId(): RequestId {
    return this.#once.requestId;
  }

  /** Forgets the result; the next `do` runs its function. */
  reset(): void {
    this.#once.reset();
  }

  /** @internal */
  get [REQUESTS](): Iterable<object> {
    return this.#once[REQUESTS];
  }
}

/**
 * Makes a function without arguments that runs `fn` on its first call, and returns the same result from then on. Arguments are ignored, so that it can be a
 * callback: a wait with a signal is one of `Once.do`.
 *
 * @example
 * ```ts
 * import { onceFunc } from '@x/workgraph/context';
 *
 * const greeting = onceFunc(async () => 'Hello');
 * const message = onceFunc(async () => `${await greeting()}, world!`);
 * console.log(await message());
 * // Output:
 * // Hello, world!
 * ```
 * @throws TypeError when `fn` is not a function, or the name not a string.
 *
 * Source: go-workgraph OnceFunc
 */
export function onceFunc<T>(fn: () => T | PromiseLike<T>, options?: RequestOptions): () => Promise<T> {
  checkFunction('fn', fn);
  const once = new Once<T>(options);
  return function onceFunc() {
    return once.do(fn);
  };
}

/**
 * Is a memo of results that need each other, as `OnceMap` of the main entry. The current worker is the one that waits.
 *
 * @example
 * ```ts
 * import { OnceMap } from '@x/workgraph/context';
 *
 * const needs: Record<string, string[]> = { a: ['b'], b: ['a'] };
 * const map: OnceMap<string, unknown> = new OnceMap<string, unknown>((key) => Promise.all((needs[key] ?? []).map((need) => map.get(need))));
 * await map.get('a').catch((error: Error) => console.log(error.message));
 * // Output:
 * // a -> b -> a
 * ```
 * @throws TypeError when `fn` is not a function, or an option has the wrong type.
 *
 * Source: go-workgraph Once, one for each key
 */
export class OnceMap<K, V> {
  readonly #map: OnceMapOf<K, V>;

  /**
   * Makes a map without results.
   *
   * @param fn makes the result of a key on the first `get`
   * @param options the names of the keys' requests, whether failures are kept, and a signal for the workers. Default: the keys, yes, and none
   */
  constructor(fn: (key: K) => V | PromiseLike<V>, options?: OnceMapOptions<K>) {
    checkFunction('fn', fn);
    this.#map = new OnceMapOf<K, V>(under(fn), options);
  }

  /**
   * Waits for the result of a key, as the current worker. The first call for a key starts the function.
   *
   * On abort of the signal in the options: as `get` of the main entry.
   *
   * @throws (as a rejection) the same errors as `get` of the main entry.
   */
  get(key: K, options?: AwaitOptions): Promise<V> {
    const worker = currentWorker();
    return outsideWork(this.#map.get.bind(this.#map, key, worker, options));
  }

  /** Returns the id of a key's request; `noRequest` for a key that was never asked for. */
  requestId(key: K): RequestId {
    return this.#map.requestId(key);
  }

  /** Forgets the result of a key; the next `get` makes it again. */
  reset(key: K): void {
    this.#map.reset(key);
  }

  /** Forgets all results. */
  clear(): void {
    this.#map.clear();
  }

  /** Counts the keys that have a result or a run in flight. */
  get size(): number {
    return this.#map.size;
  }

  /** @internal */
  get [REQUESTS](): Iterable<object> {
    return this.#map[REQUESTS];
  }
}
