import { check } from './arguments.js';
import { made, WorkgraphUsageError } from './errors.js';
import { settle } from './graph.js';
import { RequestHandle } from './request-handle.js';
import type { AnyResolver } from './resolver-container.js';
import { outcomeOf } from './run.js';
import { idOf, REQUEST, type RequestState } from './state.js';
import { stateOf, type Worker } from './worker.js';

/**
 * The means to resolve one request, for the worker that is responsible for it. The responsibility is handed over by giving the resolver to
 * a new worker: `new Worker(options, resolver)`, `spawn(work, options, resolver)`.
 *
 * The first report stands. What is reported after the library has failed the request is ignored.
 *
 * Source: go-workgraph Resolver
 */
export class Resolver<T> extends RequestHandle implements AnyResolver {
  /**
   * Resolves the request. A promise is waited for, and the request stays pending until that settles.
   *
   * @throws WorkgraphUsageError when it was reported before, or `worker` is not responsible for it.
   *
   * Source: go-workgraph Resolver.ReportSuccess
   */
  resolve(worker: Worker, value: T): void {
    this.report(worker, { status: 'fulfilled', value });
  }

  /**
   * Rejects the request, with any value.
   *
   * @throws WorkgraphUsageError as `resolve` does.
   *
   * Source: go-workgraph Resolver.ReportError
   */
  reject(worker: Worker, error: unknown): void {
    this.report(worker, { status: 'rejected', reason: error });
  }

  /**
   * Resolves or rejects the request with what `Promise.allSettled` tells.
   *
   * @throws WorkgraphUsageError as `resolve` does; TypeError when `outcome` is none.
   *
   * Source: go-workgraph Resolver.Report
   */
  report(worker: Worker, outcome: PromiseSettledResult<T>): void {
    const request = this[REQUEST] as RequestState;
    const state = stateOf(worker);
    const isFulfilled = outcome?.status === 'fulfilled';
    check(isFulfilled || outcome?.status === 'rejected', 'outcome', 'what Promise.allSettled gives', outcome);
    if (request.worker !== state || request.reported) {
      throw new WorkgraphUsageError(
        `${idOf(request)} was reported ${request.reported ? 'twice; the first report stands' : `by a worker (${worker.name}) that is not responsible for it`}${made(this.requestId)}`,
      );
    }
    if (request.resolved !== undefined) return;
    request.reported = true;
    // Its edges stay while a promise of the outcome is waited for: a cycle through its worker would still be one.
    if (isFulfilled) outcomeOf(outcome.value, (...how) => request.resolved ?? settle(request, ...how));
    else settle(request, false, outcome.reason);
  }

  /** Itself. */
  containedResolvers(): Iterable<AnyResolver> {
    return [this];
  }
}
