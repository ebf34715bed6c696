import { checkFunction } from './arguments.js';
import type { ResolverContainer } from './resolver-container.js';
import { ready, work as begin } from './run.js';
import { makeWorker, Worker, type WorkerOptions } from './worker.js';

/**
 * Starts work in a microtask, with a worker of its own that takes over the resolvers that you pass. Returns that worker.
 *
 * When the work has settled, every request that its worker has neither resolved nor handed on fails at once: with the error that the work threw, or else
 * with an UnresolvedError.
 *
 * On error: if the work throws and its worker has nothing left to resolve, that is an unhandled rejection. The exception is an error that only passes on
 * why the library has failed a request of this worker: a SelfDependencyError or UnresolvedError, or an error that has one as its cause.
 *
 * @example
 * ```ts
 * import { newRequest, spawn, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const { resolver, promise } = newRequest<string>(main, { name: 'greeting' });
 * spawn(async (worker) => resolver.resolve(worker, 'hello'), { name: 'greeter' }, resolver);
 * console.log(await promise.await(main));
 * // Output:
 * // hello
 * ```
 * @throws TypeError when `work` is not a function, or an option or a resolver has the wrong type.
 *
 * Source: go-workgraph WithNewAsyncWorker
 */
export function spawn(
  work: (worker: Worker) => unknown,
  options?: WorkerOptions,
  ...delegated: ResolverContainer[]
): Worker {
  checkFunction('work', work);
  const state = makeWorker(options, delegated);
  const worker = new Worker(state as object);
  void ready.then(() => begin(state, () => work(worker)));
  return worker;
}
