import { read, unlessAborted } from './arguments.js';
import { outcomeFor } from './awaiting.js';
import { owe } from './graph.js';
import { type New, RequestHandle } from './request-handle.js';
import { Resolver } from './resolver.js';
import { ENDED, idAtOnce, REQUEST, Request, type RequestState } from './state.js';
import { end, noticeDrop, stateOf, type Worker } from './worker.js';

/**
 * Configures a request: its name.
 *
 * @example
 * ```ts
 * import { newRequest, type RequestOptions, Worker } from '@x/workgraph';
 *
 * const options: RequestOptions = { name: 'answer' };
 * const main = new Worker();
 * const { promise } = newRequest<number>(main, options);
 * await promise.await(main).catch((error: Error) => console.log(error.message)); // it is for main itself to resolve
 * // Output:
 * // answer -> answer
 * ```
 *
 * Source: none in go-workgraph, whose users keep a table of names by RequestID
 */
export interface RequestOptions {
  /** The name in errors about the request. Default: a number. */
  name?: string | undefined;
}

/**
 * Configures a wait by `RequestPromise.await`, `OnceMap.get` or `Once.do`: the signal that ends it.
 *
 * @example
 * ```ts
 * import { type AwaitOptions, newRequest, Worker } from '@x/workgraph';
 *
 * const [main, reader, controller] = [new Worker(), new Worker(), new AbortController()];
 * const { resolver, promise } = newRequest<number>(main);
 * const options: AwaitOptions = { signal: controller.signal };
 * const given = promise.await(reader, options).catch((reason: unknown) => console.log(reason));
 * controller.abort('enough');
 * await given;
 * resolver.resolve(main, 42); // the request goes on
 * console.log(await promise.await(reader));
 * // Output:
 * // enough
 * // 42
 * ```
 *
 * Source: none in go-workgraph, whose Await cannot be given up; select over context.Context.Done
 */
export interface AwaitOptions {
  /** Gives the wait up: on abort it stops being an edge of the graph, and rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Gives access to the result of one request, for any number of workers.
 *
 * @example
 * ```ts
 * import { newRequest, type RequestPromise, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const { resolver, promise } = newRequest<number>(main, { name: 'answer' });
 * const read = async (from: RequestPromise<number>) => console.log(`${from.requestId}: ${await from.await(new Worker())}`);
 * const reading = [read(promise), read(promise)];
 * resolver.resolve(main, 42);
 * await Promise.all(reading);
 * // Output:
 * // answer: 42
 * // answer: 42
 * ```
 *
 * Source: go-workgraph Promise
 */
export class RequestPromise<T> extends RequestHandle {
  /**
   * Settles as the request does, or rejects with a SelfDependencyError if the request could only settle after this wait.
   *
   * A worker may await several requests at once. Every worker that waits gets the result.
   *
   * On abort: rejects with the signal's reason. The request goes on.
   *
   * On error: a failed request that was never awaited is no unhandled rejection. One that was awaited is, if you do not handle the returned promise.
   *
   * @throws (as a rejection) the error that the request was rejected with; SelfDependencyError; UnresolvedError; the signal's reason; TypeError when
   * `worker` or `signal` has the wrong type.
   *
   * Source: go-workgraph Promise.Await
   */
  await(worker: Worker, options?: AwaitOptions): Promise<T> {
    try {
      const request = this[REQUEST] as RequestState;
      const state = stateOf(worker);
      const { signal } = read<AwaitOptions>(options);
      unlessAborted(signal);
      return outcomeFor(state, request, signal) as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/**
 * Makes a request that the worker is responsible for. Give the resolver to the code that makes the result, and the promise to the code that needs it.
 *
 * If the worker has ended, the request fails at once with an UnresolvedError.
 *
 * @example
 * ```ts
 * import { newRequest, spawn, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const { resolver, promise } = newRequest<number>(main, { name: 'answer' });
 * spawn((worker) => resolver.resolve(worker, 42), { name: 'deep thought' }, resolver);
 * console.log(await promise.await(main));
 * // Output:
 * // 42
 * ```
 * @throws TypeError when `worker` is not a worker, or the name not a string.
 *
 * Source: go-workgraph NewRequest
 */
export function newRequest<T>(
  worker: Worker,
  options?: RequestOptions,
): {
  /** For the code that makes the result. */
  resolver: Resolver<T>;
  /** For the code that needs the result. */
  promise: RequestPromise<T>;
} {
  const state = stateOf(worker);
  const request = new Request(state, read(options).name);
  idAtOnce(request);
  owe(request);
  if (state.flags & ENDED) end(state);
  else noticeDrop(worker, state);
  return {
    resolver: new (Resolver as unknown as New<Resolver<T>>)(request),
    promise: new (RequestPromise as unknown as New<RequestPromise<T>>)(request),
  };
}
