import type { RequestId } from './request-id.js';

/** Lets `instanceof` know instances of another copy of the package, and gives the class its name. */
function brand(errorClass: { readonly prototype: Error }, name: string): void {
  const key = Symbol.for(`@x/workgraph/${name}`);
  Object.defineProperties(errorClass.prototype, {
    name: { value: name, configurable: true, writable: true },
    [key]: { value: true },
  });
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return this === errorClass
        ? (value as Record<symbol, unknown> | null | undefined)?.[key] === true
        : Function.prototype[Symbol.hasInstance].call(this as CallableFunction, value);
    },
  });
}

/** Where a request was made, if `captureSites` was on. */
export const made = (id: RequestId): string => (id.site === undefined ? '' : `\n    ${id} was made ${id.site}`);

/**
 * Reports a cycle: requests that could only be resolved after each other. All of them fail with this one error, and so does every await of them.
 *
 * @example
 * ```ts
 * import { OnceMap, SelfDependencyError, Worker } from '@x/workgraph';
 *
 * const needs: Record<string, string> = { app: 'a', a: 'b', b: 'a' };
 * const map: OnceMap<string, unknown> = new OnceMap<string, unknown>((key, worker) => map.get(needs[key] ?? 'a', worker));
 * await map.get('app', new Worker()).catch((error: unknown) => {
 *   if (error instanceof SelfDependencyError) console.log(error.requestIds.map((id) => id.name)); // app is not on the cycle
 * });
 * // Output:
 * // [ 'a', 'b' ]
 * ```
 *
 * Source: go-workgraph ErrSelfDependency
 */
export class SelfDependencyError extends Error {
  /** The same in every version and in every copy of the package. */
  readonly code = 'ERR_SELF_DEPENDENCY';
  /** Exactly the requests on the cycle. Each is awaited by the worker that is responsible for the one before it, the first by the worker of the last. */
  declare readonly requestIds: readonly RequestId[];

  constructor(requestIds: readonly RequestId[]) {
    super([...requestIds, requestIds[0]].join(' -> ') + requestIds.map(made).join(''));
    this.requestIds = requestIds;
  }
}

/**
 * Reports a request that can no longer be resolved: its worker has ended or was garbage collected, or the event loop is empty. If the event loop is
 * empty, the waits of `track` fail with it, too.
 *
 * @example
 * ```ts
 * import { newRequest, spawn, UnresolvedError, Worker } from '@x/workgraph';
 *
 * const main = new Worker();
 * const { resolver, promise } = newRequest<string>(main, { name: 'greeting' });
 * spawn(() => {}, { name: 'greeter' }, resolver); // forgets it
 * await promise.await(main).catch((error: unknown) => {
 *   if (error instanceof UnresolvedError) console.log(error.message);
 * });
 * // Output:
 * // greeting was not resolved: its worker (greeter) has ended
 * ```
 *
 * Source: go-workgraph ErrUnresolved
 */
export class UnresolvedError extends Error {
  /** The same in every version and in every copy of the package. */
  readonly code = 'ERR_UNRESOLVED';
  /** The request that nobody can resolve. */
  declare readonly requestId: RequestId;

  constructor(requestId: RequestId, why: string) {
    super(`${requestId} was not resolved: ${why}${made(requestId)}`);
    this.requestId = requestId;
  }
}

/**
 * Reports misuse of a resolver: it was used twice, or by a worker that is not responsible for its request. Go panics here.
 *
 * @example
 * ```ts
 * import { newRequest, Worker, WorkgraphUsageError } from '@x/workgraph';
 *
 * const main = new Worker();
 * const { resolver } = newRequest<number>(main, { name: 'answer' });
 * resolver.resolve(main, 42);
 * try {
 *   resolver.resolve(main, 43);
 * } catch (error) {
 *   if (error instanceof WorkgraphUsageError) console.log(error.message);
 * }
 * // Output:
 * // answer was reported twice: report it once, the first stands
 * ```
 *
 * Source: go-workgraph, the panics of Resolver.Report
 */
export class WorkgraphUsageError extends Error {
  /** The same in every version and in every copy of the package. */
  readonly code = 'ERR_WORKGRAPH_USAGE';
}

brand(SelfDependencyError, 'SelfDependencyError');
brand(UnresolvedError, 'UnresolvedError');
brand(WorkgraphUsageError, 'WorkgraphUsageError');
