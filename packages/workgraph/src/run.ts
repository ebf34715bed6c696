import { settle } from './graph.js';
import { FULFILLED, PENDING, REJECTED, type RequestState, type Status, type WorkerState } from './state.js';
import { end, unreported, Worker } from './worker.js';

/** Calls a function of the user's. */
export type Call<K> = (key: K, worker: Worker) => unknown;

const ready: Promise<void> = Promise.resolve();

/** Calls `then` with the outcome of a value that may be a promise: at once if it is none. */
export function outcomeOf(value: unknown, then: (status: Status, value: unknown) => void): void {
  let thenable: boolean;
  try {
    thenable =
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      typeof (value as Partial<PromiseLike<unknown>>).then === 'function';
  } catch (error) {
    then(REJECTED, error);
    return;
  }
  if (!thenable) then(FULFILLED, value);
  else
    void Promise.resolve(value).then(
      (value) => then(FULFILLED, value),
      (error: unknown) => then(REJECTED, error),
    );
}

/**
 * Runs work in a microtask. When it has settled, that is the outcome of the request, if there is one; a failure is also that of all else that
 * the worker has not reported, and what a worker that succeeded has not reported is unresolved.
 */
export function start<K>(worker: WorkerState, request: RequestState | undefined, call: Call<K>, key: K): void {
  void ready.then(() => {
    const settled = (status: Status, value: unknown): void => finish(worker, request, status, value);
    let result: unknown;
    try {
      result = call(key, new Worker(worker as never));
    } catch (error) {
      settled(REJECTED, error);
      return;
    }
    outcomeOf(result, settled);
  });
}

function finish(worker: WorkerState, request: RequestState | undefined, status: Status, value: unknown): void {
  let delivered = worker.failed || request !== undefined;
  if (request?.status === PENDING) settle(request, status, value);
  if (status === REJECTED) {
    for (const owed of unreported(worker)) {
      delivered = true;
      settle(owed, REJECTED, value);
    }
    // Nobody else hears of it: it is for the platform to report, as of any promise that nobody looked at.
    if (!delivered) void Promise.reject(value);
  }
  end(worker, 'ended without having reported it');
}
