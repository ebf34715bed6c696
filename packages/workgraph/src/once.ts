import { checkFunction, read } from './arguments.js';
import { OnceMap } from './once-map.js';
import type { RequestId } from './request-id.js';
import type { AwaitOptions, RequestOptions } from './request.js';
import { REQUESTS } from './state.js';
import type { Worker } from './worker.js';

type Made<T> = (worker: Worker) => T | PromiseLike<T>;

/**
 * Runs a function once, however many callers ask for its result. A circle of such calls is an error.
 *
 * @example
 * ```ts
 * import { Once, Worker } from '@x/workgraph';
 *
 * const once = new Once<number>({ name: 'expensive' });
 * const results = await Promise.all([1, 2].map((n) => once.do(new Worker(), () => n)));
 * console.log(results);
 * // Output:
 * // [ 1, 1 ]
 * ```
 *
 * Source: go-workgraph Once
 */
export class Once<T> {
  /** The one key of the map is the function that runs. */
  readonly #map: OnceMap<Made<T>, T>;
  #fn: Made<T> | undefined;

  /**
   * Makes a memo of one result. The result is made on the first `do`.
   *
   * @param options the name of its request. Default: a number
   */
  constructor(options?: RequestOptions) {
    const { name } = read(options);
    this.#map = new OnceMap((fn, worker) => fn(worker), { name: () => name as string });
  }

  /**
   * Resolves with the result of the first call's function. That function starts in a microtask, with a worker of its own. The functions of later calls do
   * not run. A failure is kept, too, until `reset`.
   *
   * On abort of the signal in the options: rejects with its reason, and the function runs on for the others, as with `OnceMap.get`. If the signal has aborted
   * before the call, nothing is started.
   *
   * @throws (as a rejection) the error that the function threw; SelfDependencyError when the result needs itself; UnresolvedError; the signal's reason;
   * TypeError when `worker` is not a worker, `fn` not a function, or `signal` has the wrong type.
   *
   * Source: go-workgraph Once.Do
   */
  do(worker: Worker, fn: (worker: Worker) => T | PromiseLike<T>, options?: AwaitOptions): Promise<T> {
    try {
      checkFunction('fn', fn);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#map.size === 0) this.#fn = fn;
    return this.#map.get(this.#fn as Made<T>, worker, options);
  }

  /** Is the id of the current request, or `noRequest` before the first run. */
  get requestId(): RequestId {
    return this.#map.requestId(this.#fn as Made<T>);
  }

  /** Forgets the result: the next `do` runs its function. Calls that wait for a run in flight still get its result. */
  reset(): void {
    this.#map.clear();
    this.#fn = undefined;
  }

  /** @internal */
  get [REQUESTS](): Iterable<object> {
    return this.#map[REQUESTS];
  }
}

/**
 * Makes a function that runs `fn` on its first call, and returns the same result from then on. Further arguments are ignored, so that it can be a callback:
 * a wait with a signal is one of `Once.do`.
 *
 * @example
 * ```ts
 * import { onceFunc, Worker } from '@x/workgraph';
 *
 * const greeting = onceFunc(async () => 'Hello');
 * const message = onceFunc(async (worker) => `${await greeting(worker)}, world!`);
 * console.log(await message(new Worker()));
 * // Output:
 * // Hello, world!
 * ```
 * @throws TypeError when `fn` is not a function, or the name not a string.
 *
 * Source: go-workgraph OnceFunc
 */
export function onceFunc<T>(
  fn: (worker: Worker) => T | PromiseLike<T>,
  options?: RequestOptions,
): (worker: Worker) => Promise<T> {
  checkFunction('fn', fn);
  const once = new Once<T>(options);
  // By this name `site` knows it.
  return function onceFunc(worker) {
    return once.do(worker, fn);
  };
}
