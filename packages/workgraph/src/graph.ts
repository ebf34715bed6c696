// What changes the graph: waits come and are given up, requests settle and change hands.
import { unwatch, watch } from './empty-loop.js';
import { SelfDependencyError, UnresolvedError } from './errors.js';
import { findCycle, placeLast } from './order.js';
import { disown, idOf, isAwaited, owe, type RequestState, ToldWait, Wait, type WorkerState } from './state.js';

/** Watches a worker if it waits while nobody awaits it: it is from there that an empty loop finds who waits for what. */
function watchIfFirst(worker: WorkerState): void {
  if (worker.watched === undefined && worker.nextOut !== worker && !isAwaited(worker)) watch(worker, unresolve);
}

/** Makes a worker wait. If that closes a cycle, the requests on it have failed when this returns. */
export function wait(worker: WorkerState, request: RequestState, told?: ToldWait['told']): Wait {
  const target = request.worker;
  const isFirst = request.later === request;
  const added = told === undefined ? new Wait(worker, request) : new ToldWait(worker, request, told);
  if (isFirst && target.nextOwed !== request) {
    disown(request);
    owe(target, request);
  }
  watchIfFirst(worker);
  if (worker.order >= target.order) {
    const cycle = findCycle(added);
    if (cycle !== undefined) {
      const error = new SelfDependencyError(cycle.map(idOf));
      for (const each of cycle) {
        each.worker.failed = true;
        settle(each, false, error);
      }
    }
  }
  return added;
}

/** Takes a wait out of the ring of its worker's. */
function stopAwaiting({ worker, previousOut, nextOut }: Wait): void {
  previousOut.nextOut = nextOut;
  nextOut.previousOut = previousOut;
  if (worker.watched !== undefined && worker.nextOut === worker) unwatch(worker);
}

/** Takes a wait out of the graph; the request goes on. */
export function giveUp(given: Wait): void {
  const { request, earlier, later } = given;
  if (request.resolved !== undefined) return;
  stopAwaiting(given);
  earlier.later = later;
  later.earlier = earlier;
  if (earlier !== later) return;
  // Nobody waits for it any more: to the end of the ring with it.
  disown(request);
  owe(request.worker, request);
  watchIfFirst(request.worker);
}

/** Settles a pending request, takes its edges out of the graph, and tells everybody who waits. */
export function settle(request: RequestState, resolved: boolean, value: unknown): void {
  const { worker, resolve, reject } = request;
  let heard: ToldWait[] | undefined;
  request.resolved = resolved;
  disown(request);
  for (let each = request.later; each !== request; each = each.later) {
    stopAwaiting(each as Wait);
    if ((each as ToldWait).told !== undefined) (heard ??= []).push(each as ToldWait);
  }
  request.earlier = request.later = request;
  request.resolve = request.reject = undefined;
  if (request.promise === undefined) request.value = value;
  watchIfFirst(worker);
  // From here on code of the user's may run: a getter of `then`.
  if (heard !== undefined) for (const each of heard) each.told(resolved, value);
  (resolved ? resolve : reject)?.(value);
}

/** Fails a pending request by the library's own decision: what its worker reports later is ignored. */
export function unresolve(request: RequestState, why: string): void {
  request.worker.failed = true;
  request.forget?.(request);
  settle(request, false, new UnresolvedError(idOf(request), why));
}

/** Hands a request to another worker, which awaits nothing yet, so that this closes no cycle. */
export function handOver(request: RequestState, worker: WorkerState): void {
  const before = request.worker;
  if (request.resolved === undefined) {
    disown(request);
    owe(worker, request);
    placeLast(worker);
    watchIfFirst(before);
  } else {
    request.worker = worker;
  }
}

/** The promise that all share who wait without a signal. */
export function promiseOf(request: RequestState): Promise<unknown> {
  return (request.promise ??= new Promise((resolve, reject) => {
    if (request.resolved === undefined) {
      request.resolve = resolve;
      request.reject = reject;
    } else {
      (request.resolved ? resolve : reject)(request.value);
      request.value = undefined;
    }
  }));
}
