import { reject, settle } from './graph.js';
import { each, type Some } from './some.js';
import {
  AWAITED,
  FAILED,
  FULFILLED,
  idAtOnce,
  type Incoming,
  type RequestState,
  type Source,
  WorkerState,
} from './state.js';
import { end, Worker } from './worker.js';

/**
 * A key's run in an `OnceMap`: the worker that makes the result, and the request for it.
 *
 * It is what its promise is resolved with: a promise that is resolved with something that has a `then` calls that in a microtask, with the means to
 * settle it. So the start of the work takes nothing but the promise itself.
 */
export class Run extends WorkerState implements RequestState {
  waiters: Some<Incoming>;
  resolve: ((value?: unknown) => void) | undefined;
  declare readonly promise: Promise<unknown>;

  constructor(key: unknown, source: Source) {
    super(key, source);
    this.flags = AWAITED;
    this.owed = this;
    idAtOnce(this);
    this.promise = Promise.resolve(this as PromiseLike<unknown>);
  }

  get request(): RequestState {
    return this;
  }

  then(resolve: (value?: unknown) => void): never {
    this.resolve = resolve;
    work(this, this.source?.call as Call, this.label);
    return undefined as never;
  }
}

/** Calls a function of the user's. */
type Call = (key: unknown, worker: Worker) => unknown;

/** Whether a promise would wait for it, or be rejected by its getter of `then`. */
export function isThenable(value: unknown): boolean {
  try {
    return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
  } catch {
    return true;
  }
}

/**
 * Does the work of a worker. When that has settled, it is the outcome of the worker's own request, if there is one; a failure is also that of all else
 * that the worker has not reported, and what a worker that succeeded has not reported is unresolved.
 */
export function work(worker: WorkerState, call: Call, key?: unknown): void {
  try {
    const result = call(key, new Worker(worker as object));
    if (isThenable(result)) {
      // Bound, because that is smaller than closures, and lives as long as the work does.
      void Promise.resolve(result).then(succeed.bind(worker), fail.bind(worker));
    } else {
      succeed.call(worker, result);
    }
  } catch (error) {
    fail.call(worker, error);
  }
}

function succeed(this: WorkerState, value: unknown): void {
  const { request } = this as Partial<Run>;
  if (request !== undefined) settle(request, FULFILLED, value);
  end(this);
}

function fail(this: WorkerState, error: unknown): void {
  // If nobody else hears of it, it is for the platform to report, as of any promise that nobody looked at.
  if (!(this instanceof Run) && this.owed === undefined && (this.flags & FAILED) === 0) void Promise.reject(error);
  for (const owed of each(this.owed)) reject(owed, error);
  end(this);
}
