import { check } from './arguments.js';
import { made, WorkgraphUsageError } from './errors.js';
import { follow, handOver, settle } from './graph.js';
import { RequestHandle } from './request-handle.js';
import type { AnyResolver } from './resolver-container.js';
import { isThenable } from './run.js';
import { FULFILLED, idOf, REJECTED, REPORTED, REQUEST, type RequestState, isPending, WorkerState } from './state.js';
import { called, stateOf, type Worker } from './worker.js';

/**
 * Resolves one request, for the worker that is responsible for it. To hand the responsibility over, pass the resolver to a new worker:
 * `new Worker(options, resolver)`, `spawn(work, options, resolver)`.
 *
 * The first report stands. After the library has failed the request, reports are ignored, even a promise that rejects.
 *
 * @example
 * ```ts
 * import { newRequest, type Resolver, spawn, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const { resolver, promise } = newRequest<string>(main);
 * const answer = (worker: Worker, to: Resolver<string>) => to.resolve(worker, `from the ${worker.name}`);
 * const handOn = () => spawn((expert) => answer(expert, resolver), { name: 'expert' }, resolver);
 * spawn(handOn, { name: 'desk' }, resolver);
 * console.log(await promise.await(main));
 * // Output:
 * // from the expert
 * ```
 *
 * Source: go-workgraph Resolver
 */
export class Resolver<in T> extends RequestHandle implements AnyResolver {
  /**
   * Resolves the request. If the value is a promise, the request counts as reported and stays pending until the promise settles, outside the graph.
   *
   * @throws WorkgraphUsageError when the request was reported before, or `worker` is not responsible for it.
   *
   * Source: go-workgraph Resolver.ReportSuccess
   */
  resolve(worker: Worker, value: T): void {
    const request = claim(this, worker);
    if (isThenable(value)) {
      // A promise of the outcome is outside the graph: its worker has done its part, and may await the request itself. One that comes too late is
      // followed too, so that its failure is ignored as what it is, a late report.
      handOver(request, new WorkerState());
      follow(request, value);
    } else {
      settle(request, FULFILLED, value);
    }
  }

  /**
   * Rejects the request, with any value.
   *
   * @throws WorkgraphUsageError as `resolve` does.
   *
   * Source: go-workgraph Resolver.ReportError
   */
  reject(worker: Worker, error: unknown): void {
    settle(claim(this, worker), REJECTED, error);
  }

  /**
   * Resolves or rejects the request with an outcome in the form of `Promise.allSettled`.
   *
   * @throws WorkgraphUsageError as `resolve` does; TypeError when `outcome` is not such an outcome.
   *
   * Source: go-workgraph Resolver.Report
   */
  report(worker: Worker, outcome: PromiseSettledResult<T>): void {
    const status = outcome?.status;
    check(
      status === 'fulfilled' || status === 'rejected',
      'outcome',
      'a PromiseSettledResult',
      outcome,
      idOf(this[REQUEST] as RequestState).name,
    );
    if (status === 'fulfilled') this.resolve(worker, outcome.value);
    else this.reject(worker, outcome.reason);
  }

  /** Gives itself. */
  containedResolvers(): Iterable<AnyResolver> {
    return [this];
  }
}

/** The request that a worker reports. If the library has failed it, whoever reports it comes too late, and what is done to it changes nothing. */
function claim(resolver: AnyResolver, worker: Worker): RequestState {
  const request = resolver[REQUEST] as RequestState;
  const state = stateOf(worker);
  const pending = isPending(request);
  // Of what was reported as a promise, nobody is responsible any more.
  if (pending ? request.worker !== state : request.flags & REPORTED) {
    const id = idOf(request);
    throw new WorkgraphUsageError(
      `${id} was reported ${
        request.flags & REPORTED
          ? 'twice: report it once, the first stands'
          : `by a ${called(state)} that is not responsible for it, its ${called(request.worker)} is: hand it over`
      }${made(id)}`,
    );
  }
  if (pending) request.flags |= REPORTED;
  return request;
}
