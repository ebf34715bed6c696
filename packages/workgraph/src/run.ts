import { SelfDependencyError, UnresolvedError } from './errors.js';
import { reject, settle } from './graph.js';
import { each, type Some } from './some.js';
import { FAILED, FULFILLED, idAtOnce, type Incoming, type RequestState, type Source, WorkerState } from './state.js';
import { end, Worker } from './worker.js';

/** For what begins in a microtask. */
export const ready: Promise<void> = Promise.resolve();

/** Calls a function of the user's. */
type Call = (key: unknown, worker: Worker) => unknown;

/** What the runs of a map have in common. */
export interface MapSource extends Source {
  /** Calls the map's function. */
  readonly call: Call;
  /** What the map has of its keys: a run, or of one that has succeeded only the promise. */
  readonly results: Map<unknown, unknown>;
}

/**
 * A key's run in an `OnceMap`: the worker that makes the result, and the request for it.
 *
 * It is what its promise is resolved with: a promise that is resolved with something that has a `then` calls that in a microtask, with the means to
 * settle it. So the start of the work takes nothing but the promise itself.
 */
export class Run extends WorkerState implements RequestState {
  declare readonly source: MapSource;
  waiters: Some<Incoming>;
  resolve: ((value?: unknown) => void) | undefined;
  declare readonly promise: Promise<unknown>;

  constructor(key: unknown, source: MapSource) {
    super(key, source);
    this.owed = this;
    this.promise = Promise.resolve(this as PromiseLike<unknown>);
    idAtOnce(this);
  }

  get request(): RequestState {
    return this;
  }

  then(resolve: (value?: unknown) => void): never {
    this.resolve = resolve;
    if (this.promise as unknown) work(this, this.source.call, this.label);
    // What somebody has put in place of the platform's `Promise` may call this at once, from the constructor.
    else void ready.then(this.then.bind(this, resolve));
    return undefined as never;
  }
}

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
  if (this instanceof Run) {
    settle(this, FULFILLED, value);
    // A memo keeps many results for long, and the collector copies what is kept. A run that waits on for what it did not await is still seen from its map.
    const { results } = this.source;
    if (this.flags & FULFILLED && !this.outs && results.get(this.label) === this) results.set(this.label, this.promise);
  }
  end(this);
}

function fail(this: WorkerState, error: unknown): void {
  // If nobody else hears of it, it is for the platform to report, as of any promise that nobody looked at. What a run throws is the report of its
  // request: if the library has failed that, it comes too late.
  if (!(this instanceof Run) && !this.owed && !(this.flags & FAILED && isEcho(error))) void Promise.reject(error);
  for (const owed of each(this.owed)) reject(owed, error);
  end(this);
}

/** Whether an error only passes on what the library has failed requests with: it is that, or was caused by that. */
function isEcho(error: unknown): boolean {
  try {
    // Causes may lead in a circle.
    for (let depth = 100; depth--;) {
      if (error instanceof SelfDependencyError || error instanceof UnresolvedError) return true;
      error = (error as Error).cause;
    }
  } catch {
    // That was all, or a cause cannot be read.
  }
  return false;
}
