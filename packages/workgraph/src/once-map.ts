import { check, checkFunction, read, unlessAborted } from './arguments.js';
import { outcomeFor } from './awaiting.js';
import type { RequestId } from './request-id.js';
import type { AwaitOptions } from './request.js';
import { type MapSource, Run } from './run.js';
import { FULFILLED, idOf, noRequest, REQUESTS, type RequestState, WorkerState } from './state.js';
import { stateOf, type Worker } from './worker.js';

/**
 * Configures a map: the names of its requests, whether it keeps failures, and the signal of its workers.
 *
 * @example
 * ```ts
 * import { OnceMap, type OnceMapOptions, Worker } from '@x/workgraph';
 *
 * let online = false;
 * const options: OnceMapOptions<number> = { name: (id) => `user ${id}`, keepFailures: false };
 * const users = new OnceMap<number, string>(() => (online ? 'ada' : Promise.reject(new Error('offline'))), options);
 * await users.get(1, new Worker()).catch((error: Error) => console.log(error.message)); // forgotten
 * online = true;
 * console.log(await users.get(1, new Worker()), 'is', `${users.requestId(1)}`);
 * // Output:
 * // offline
 * // ada is user 1
 * ```
 *
 * Source: none in go-workgraph; golang.org/x/sync singleflight Group.Forget, for failures
 */
export interface OnceMapOptions<K> {
  /** Names the request of a key. It is called when an error or a snapshot needs the name. Default: the key as a string. */
  name?: ((key: K) => string) | undefined;
  /** Whether a failure is kept. If not, the next `get` tries again. A self-dependency is always kept. Default: true. */
  keepFailures?: boolean | undefined;
  /**
   * The signal of the workers that the function receives. Once it has aborted, the function is not started any more: `get` of a new key rejects with the
   * signal's reason. It is handed on as it is: Node 20 warns when more than ten listen to a signal that is not one of `@x/abort`, such as
   * `link(signal).signal`. Default: one that never aborts.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Is a memo of results that need each other. Each key's result is made once, by a worker of its own. A cycle among the keys is an error that names them,
 * instead of a wait without end.
 *
 * @example
 * ```ts
 * import { OnceMap, Worker } from '@x/workgraph';
 *
 * const needs: Record<string, string[]> = { app: ['lib', 'log'], lib: ['log'], log: [] };
 * const depth: OnceMap<string, number> = new OnceMap<string, number>(async (key, worker) => {
 *   const depths = await Promise.all((needs[key] ?? []).map((need) => depth.get(need, worker)));
 *   return 1 + Math.max(0, ...depths);
 * });
 * console.log(await depth.get('app', new Worker()));
 * // Output:
 * // 3
 * ```
 * @throws TypeError when `fn` is not a function, or an option has the wrong type.
 *
 * Source: go-workgraph Once, one for each key
 */
export class OnceMap<K, V> {
  /** Of a key whose result was made only the promise. */
  readonly #results = new Map<K, Run | Promise<unknown>>();
  readonly #source: MapSource;

  /**
   * Makes a map without results.
   *
   * @param fn makes the result of a key on the first `get`; it receives a worker of its own, with which it awaits other keys
   * @param options the names of the keys' requests, whether failures are kept, and a signal for the workers. Default: the keys, yes, and none
   */
  constructor(fn: (key: K, worker: Worker) => V | PromiseLike<V>, options?: OnceMapOptions<K>) {
    checkFunction('fn', fn);
    const { name: naming = String, keepFailures, signal } = read<OnceMapOptions<K>>(options, 'function');
    check(keepFailures === undefined || typeof keepFailures === 'boolean', 'keepFailures', 'a boolean', keepFailures);
    this.#source = {
      signal,
      naming,
      call: (key, worker) => {
        unlessAborted(signal);
        return fn(key as K, worker);
      },
      results: this.#results,
      forgetful: keepFailures === false ? this.#results : undefined,
    };
  }

  /**
   * Resolves with the key's result. The first call for a key starts the function in a microtask. If the result is there, a call costs no more than a lookup
   * in a `Map`.
   *
   * On abort of the signal in the options: rejects with its reason. The wait is no edge of the graph any more. The run goes on, for other callers and for
   * later calls; what stops it is the map's own signal. If the signal has aborted before the call, nothing is started.
   *
   * @throws (as a rejection) the error that the function threw; SelfDependencyError; UnresolvedError; the reason of the signal in the options; the reason of
   * the map's signal when that has aborted and the key is new; TypeError when `worker` or `signal` has the wrong type.
   */
  get(key: K, worker: Worker, options?: AwaitOptions): Promise<V> {
    try {
      const state = stateOf(worker);
      const { signal } = read<AwaitOptions>(options);
      unlessAborted(signal);
      let result = this.#results.get(key);
      if (!result) {
        unlessAborted(this.#source.signal);
        result = new Run(key, this.#source);
        this.#results.set(key, result);
      }
      return (result instanceof Run ? outcomeFor(state, result, signal) : result) as Promise<V>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Returns the id of the key's current request, or `noRequest` for a key that was never asked for. */
  requestId(key: K): RequestId {
    const result = this.#results.get(key);
    return result ? idOf(this.#request(key, result)) : noRequest;
  }

  /** Forgets a key's result: the next `get` runs the function again. Calls that wait for a run in flight still get its result. */
  reset(key: K): void {
    this.#results.delete(key);
  }

  /** Forgets all results, as `reset` does for one key. */
  clear(): void {
    this.#results.clear();
  }

  /** Counts the keys that have a result or a run in flight. */
  get size(): number {
    return this.#results.size;
  }

  /** @internal */
  get [REQUESTS](): Iterable<object> {
    return [...this.#results].map(([key, result]) => this.#request(key, result));
  }

  /** A key's request, and the worker that makes it or has: made anew where only the promise is left of both. */
  #request(key: K, result: Run | Promise<unknown>): WorkerState & RequestState {
    if (result instanceof Run) return result;
    return Object.assign(new WorkerState(key, this.#source), { flags: FULFILLED, promise: result }) as Run;
  }
}
