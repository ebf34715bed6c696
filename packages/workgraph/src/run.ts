import { settle } from './graph.js';
import type { RequestState, WorkerState } from './state.js';
import { end, Worker } from './worker.js';

/** Calls a function of the user's. */
export type Call<K> = (key: K, worker: Worker) => unknown;

const ready: Promise<void> = Promise.resolve();

/** Calls back with the outcome of a value that may be a promise: at once if it is none. */
export function outcomeOf(value: unknown, settled: (resolved: boolean, value: unknown) => void): void {
  try {
    if (typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function') {
      void Promise.resolve(value).then(
        (value) => settled(true, value),
        (error: unknown) => settled(false, error),
      );
      return;
    }
  } catch (error) {
    // A getter of `then` threw.
    settled(false, error);
    return;
  }
  settled(true, value);
}

/**
 * Runs work in a microtask. When it has settled, that is the outcome of the request, if there is one; a failure is also that of all else that
 * the worker has not reported, and what a worker that succeeded has not reported is unresolved.
 */
export function start<K>(worker: WorkerState, request: RequestState | undefined, call: Call<K>, key: K): void {
  void ready.then(() => {
    const settled = (resolved: boolean, value: unknown): void => finish(worker, request, resolved, value);
    let result: unknown;
    try {
      result = call(key, new Worker(worker));
    } catch (error) {
      settled(false, error);
      return;
    }
    outcomeOf(result, settled);
  });
}

function finish(worker: WorkerState, request: RequestState | undefined, resolved: boolean, value: unknown): void {
  let delivered = worker.failed || request !== undefined;
  if (resolved && request !== undefined && request.resolved === undefined) settle(request, true, value);
  while (!resolved && worker.nextOwed !== worker) {
    const owed = worker.nextOwed as RequestState;
    owed.forget?.(owed);
    settle(owed, false, value);
    delivered = true;
  }
  // Nobody else hears of it: it is for the platform to report, as of any promise that nobody looked at.
  if (!resolved && !delivered) void Promise.reject(value);
  end(worker, 'has ended');
}
