import { settle } from './graph.js';
import type { RequestState, WorkerState } from './state.js';
import { end, Worker } from './worker.js';

/** Calls a function of the user's. */
export type Call<K> = (key: K, worker: Worker) => unknown;

const ready: Promise<void> = Promise.resolve();

/** Whether a promise would wait for it. A getter of `then` may throw. */
export function isThenable(value: unknown): boolean {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

/**
 * Runs work in a microtask. When it has settled, that is the outcome of the request, if there is one; a failure is also that of all else that
 * the worker has not reported, and what a worker that succeeded has not reported is unresolved.
 */
export function start<K>(worker: WorkerState, request: RequestState | undefined, call: Call<K>, key: K): void {
  void ready.then(() => {
    // What lives as long as the work does counts: two closures in the one context, and no more.
    try {
      const result = call(key, new Worker(worker));
      if (!isThenable(result)) {
        finish(worker, request, true, result);
        return;
      }
      void Promise.resolve(result).then(
        (value) => finish(worker, request, true, value),
        (error: unknown) => finish(worker, request, false, error),
      );
    } catch (error) {
      finish(worker, request, false, error);
    }
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
