import { check, checkFunction, read, unlessAborted } from './arguments.js';
import { wait } from './graph.js';
import type { RequestId } from './request-id.js';
import { Run } from './run.js';
import { idOf, isPending, noRequest, REQUESTS, type Source } from './state.js';
import { stateOf, type Worker } from './worker.js';

/** How a map's requests are called, and what becomes of failures. */
export interface OnceMapOptions<K> {
  /** The name of a key's request, asked for when an error or a snapshot says it. Default: the key as a string. */
  name?: ((key: K) => string) | undefined;
  /** Whether a failure is remembered. If not, the next `get` tries again; a self-dependency is remembered all the same. Default: true. */
  keepFailures?: boolean | undefined;
  /** The signal of the workers that the function is given. Once it has aborted no function is started: what was asked for rejects with its reason. Default: one that never aborts. */
  signal?: AbortSignal | undefined;
}

/**
 * A memo of results that need each other: each key's is made once, by a worker of its own, and a cycle among them is an error that names its keys instead of
 * a wait without end.
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
 * @throws TypeError when `fn` is no function, or an option is not what it must be.
 *
 * Source: go-workgraph Once, one for each key
 */
export class OnceMap<K, V> {
  readonly #runs = new Map<K, Run>();
  readonly #source: Source;

  constructor(fn: (key: K, worker: Worker) => V | PromiseLike<V>, options?: OnceMapOptions<K>) {
    checkFunction('fn', fn);
    const { name: naming = String, keepFailures, signal } = read<OnceMapOptions<K>>(options, 'function');
    check(keepFailures === undefined || typeof keepFailures === 'boolean', 'keepFailures', 'a boolean', keepFailures);
    this.#source = {
      signal,
      naming,
      call: (key: K, worker: Worker) => {
        unlessAborted(signal);
        return fn(key, worker);
      },
      forgetful: keepFailures === false ? this.#runs : undefined,
    };
  }

  /**
   * Resolves with the key's result. The first call for a key starts the function in a microtask; calls for a key whose result is there
   * cost no more than a look into a map.
   *
   * @throws (as a rejection) what the function threw; SelfDependencyError; the reason of the map's signal when that has aborted and the key is new;
   * TypeError when `worker` is none.
   */
  get(key: K, worker: Worker): Promise<V> {
    try {
      const state = stateOf(worker);
      let run = this.#runs.get(key);
      if (run === undefined) {
        unlessAborted(this.#source.signal);
        run = new Run(key, this.#source);
        this.#runs.set(key, run);
      }
      if (isPending(run)) wait(state, run);
      return run.promise as Promise<V>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** That of the key's current run, or `noRequest` when nobody has asked for it. */
  requestId(key: K): RequestId {
    const run = this.#runs.get(key);
    return run === undefined ? noRequest : idOf(run);
  }

  /** Forgets a key's result: the next `get` runs the function. Whoever waits for a run in flight gets that one's result. */
  reset(key: K): void {
    this.#runs.delete(key);
  }

  /** Forgets all results, as `reset` does for one. */
  clear(): void {
    this.#runs.clear();
  }

  /** How many keys have a result, or will have one. */
  get size(): number {
    return this.#runs.size;
  }

  /** @internal */
  get [REQUESTS](): Iterable<object> {
    return this.#runs.values();
  }
}
