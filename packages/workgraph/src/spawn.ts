import { checkFunction } from './arguments.js';
import type { ResolverContainer } from './resolver-container.js';
import { ready, work as begin } from './run.js';
import { makeWorker, Worker, type WorkerOptions } from './worker.js';

/**
 * Starts work in a microtask, with a worker of its own that is responsible for the resolvers handed over. Returns that worker.
 *
 * When the work has settled, what its worker has neither resolved nor handed on fails at once: with what the work threw, or with an
 * UnresolvedError. If it threw and had nothing to resolve, that is an unhandled rejection, unless it passes on what the library has failed its
 * requests with: that error, or one that has it as its cause.
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
 * @throws TypeError when `work` is no function, or an option or a resolver is not what it must be.
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
