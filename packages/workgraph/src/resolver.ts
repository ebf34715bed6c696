import { check } from './arguments.js';
import { WorkgraphUsageError } from './errors.js';
import { settle } from './graph.js';
import { FULFILLED, idOf, PENDING, REJECTED, REQUEST, type RequestState, type Status } from './state.js';
import type { AnyResolver } from './resolver-container.js';
import type { RequestId } from './request-id.js';
import { outcomeOf } from './run.js';
import { label, stateOf, type Worker } from './worker.js';

/**
 * The means to resolve one request, for the worker that is responsible for it. The responsibility is handed over by giving the resolver to
 * a new worker: `new Worker(options, resolver)`, `spawn(work, options, resolver)`.
 *
 * The first report stands. What is reported after the library has failed the request is ignored.
 *
 * Source: go-workgraph Resolver
 */
export class Resolver<T> implements AnyResolver {
  readonly #request: RequestState;

  /** @internal Made by `newRequest`. */
  constructor(request: object) {
    this.#request = request as RequestState;
  }

  get requestId(): RequestId {
    return idOf(this.#request);
  }

  /**
   * Resolves the request. A promise is waited for, and the request stays pending until that settles.
   *
   * @throws WorkgraphUsageError when it was reported before, or `worker` is not responsible for it.
   *
   * Source: go-workgraph Resolver.ReportSuccess
   */
  resolve(worker: Worker, value: T): void {
    this.#report(worker, FULFILLED, value);
  }

  /**
   * Rejects the request, with any value.
   *
   * @throws WorkgraphUsageError as `resolve` does.
   *
   * Source: go-workgraph Resolver.ReportError
   */
  reject(worker: Worker, error: unknown): void {
    this.#report(worker, REJECTED, error);
  }

  /**
   * Resolves or rejects the request with what `Promise.allSettled` tells.
   *
   * @throws WorkgraphUsageError as `resolve` does; TypeError when `outcome` is none.
   *
   * Source: go-workgraph Resolver.Report
   */
  report(worker: Worker, outcome: PromiseSettledResult<T>): void {
    const status = (outcome as PromiseSettledResult<T> | null | undefined)?.status;
    check(status === 'fulfilled' || status === 'rejected', 'outcome.status', '"fulfilled" or "rejected"', status);
    if (outcome.status === 'fulfilled') this.#report(worker, FULFILLED, outcome.value);
    else this.#report(worker, REJECTED, outcome.reason);
  }

  containedResolvers(): Iterable<AnyResolver> {
    return [this];
  }

  /** @internal */
  get [REQUEST](): object {
    return this.#request;
  }

  #report(worker: Worker, status: Status, value: unknown): void {
    const request = this.#request;
    const state = stateOf(worker);
    if (request.worker !== state) {
      throw new WorkgraphUsageError(
        `${idOf(request)} was reported by a worker (${String(worker.name)}) that is not responsible for it; ${label(request.worker)} is`,
      );
    }
    if (request.reported) throw new WorkgraphUsageError(`${idOf(request)} was reported twice; the first report stands`);
    if (request.status !== PENDING) return;
    request.reported = true;
    if (status === REJECTED) settle(request, status, value);
    // Its edges stay while a promise of the outcome is waited for: a cycle through its worker would still be one.
    else outcomeOf(value, (status, value) => request.status === PENDING && settle(request, status, value));
  }
}
