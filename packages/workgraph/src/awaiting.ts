import { onAbort } from '@x/abort';
import { dispose } from './dispose.js';
import { giveUp, promiseOf, wait } from './graph.js';
import { isPending, type RequestState, type Told, type WorkerState } from './state.js';

/** Makes a worker wait for a request, if that is pending, and gives the promise of its outcome. The signal has not aborted. */
export function outcomeFor(
  worker: WorkerState,
  request: RequestState,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (isPending(request)) {
    if (signal) return waitUntil(signal, worker, request);
    wait(worker, request);
  }
  return promiseOf(request);
}

/** A promise of its own: those who gave up leave nothing on the one that the others share. */
function waitUntil(signal: AbortSignal, worker: WorkerState, request: RequestState): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const following = onAbort(signal, () => giveUp(waiting));
    const waiting: Told = {
      worker,
      request,
      signal,
      told: (isFulfilled, value) => {
        following[dispose]();
        if (signal.aborted) reject(signal.reason);
        else if (isFulfilled) resolve(value);
        else reject(value);
      },
    };
    wait(worker, request, waiting);
  });
}
