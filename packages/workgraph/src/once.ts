import { checkFunction, checkName, checkOptions } from './arguments.js';
import { promiseOf, wait } from './graph.js';
import { idOf, PENDING, RequestState, WorkerState } from './state.js';
import { noRequest, type RequestId } from './request-id.js';
import type { RequestOptions } from './request.js';
import { start } from './run.js';
import { stateOf, type Worker } from './worker.js';

/**
 * Runs a function once, however many ask for its result, and tells them when they ask in a circle.
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
  readonly #name: string | undefined;
  #request: RequestState | undefined = undefined;

  constructor(options?: RequestOptions) {
    checkOptions(options);
    checkName(options?.name);
    this.#name = options?.name;
  }

  /**
   * Resolves with the result of the first call's function, which starts in a microtask, with a worker of its own; later functions are not called. A
   * failure is kept too, until `reset`.
   *
   * @throws (as a rejection) what the function threw; SelfDependencyError when the result is needed to make it; TypeError when `worker` is none
   * or `fn` no function.
   *
   * Source: go-workgraph Once.Do
   */
  do(worker: Worker, fn: (worker: Worker) => T | PromiseLike<T>): Promise<T> {
    try {
      const state = stateOf(worker);
      checkFunction('fn', fn);
      if (this.#request === undefined) {
        const own = new WorkerState(this.#name, undefined);
        this.#request = new RequestState(own, this.#name);
        start(own, this.#request, (_, worker) => fn(worker), undefined);
      }
      const request = this.#request;
      if (request.status === PENDING) wait(state, request);
      return promiseOf(request) as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** That of the current run, or `noRequest` before the first. */
  get requestId(): RequestId {
    return this.#request === undefined ? noRequest : idOf(this.#request);
  }

  /** Forgets the result: the next `do` runs its function. Whoever waits for a run in flight gets that one's result. */
  reset(): void {
    this.#request = undefined;
  }
}

/**
 * Makes a function that runs `fn` when it is first called, and gives its result from then on.
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
 * @throws TypeError when `fn` is no function, or the name no string.
 *
 * Source: go-workgraph OnceFunc
 */
export function onceFunc<T>(
  fn: (worker: Worker) => T | PromiseLike<T>,
  options?: RequestOptions,
): (worker: Worker) => Promise<T> {
  checkFunction('fn', fn);
  const once = new Once<T>(options);
  return (worker) => once.do(worker, fn);
}
