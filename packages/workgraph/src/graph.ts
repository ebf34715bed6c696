// What changes the graph: waits come and are given up, requests settle and change hands.
import { unwatch, watch } from './empty-loop.js';
import { SelfDependencyError } from './errors.js';
import { findCycle, placeLast } from './order.js';
import {
  disown,
  FULFILLED,
  idOf,
  owe,
  PENDING,
  REJECTED,
  type RequestState,
  type Status,
  Wait,
  type WorkerState,
} from './state.js';

/** One request less of this worker's is awaited. */
function lessAwaited(worker: WorkerState): void {
  if (--worker.awaited === 0 && worker.awaits !== undefined) watch(worker, fail);
}

/** Makes a worker wait. If that closes a cycle, the requests on it have failed when this returns. */
export function wait(worker: WorkerState, request: RequestState, told?: Wait['told']): Wait {
  const added = new Wait(worker, request, told);
  const newest = worker.awaits;
  if (newest !== undefined) {
    added.next = newest;
    newest.previous = added;
  }
  worker.awaits = added;
  const first = request.waits;
  const target = request.worker;
  if (first === undefined) {
    request.waits = added.earlier = added.later = added;
    target.awaited++;
    if (target.owes !== request) {
      disown(request);
      owe(target, request);
    }
  } else {
    const last = first.earlier as Wait;
    added.earlier = last;
    added.later = first;
    last.later = first.earlier = added;
  }
  if (worker.awaited === 0 && worker.watched === undefined) watch(worker, fail);
  if (worker.order >= target.order) {
    const cycle = findCycle(added);
    if (cycle !== undefined) {
      const error = new SelfDependencyError(cycle.map(idOf));
      for (const each of cycle) fail(each, error);
    }
  }
  return added;
}

function stopAwaiting({ worker, previous, next }: Wait): void {
  if (next !== undefined) next.previous = previous;
  if (previous !== undefined) previous.next = next;
  else if ((worker.awaits = next) === undefined && worker.watched !== undefined) unwatch(worker);
}

/** Takes a wait out of the graph; the request goes on. */
export function giveUp(given: Wait): void {
  const { request } = given;
  if (request.status !== PENDING) return;
  stopAwaiting(given);
  const later = given.later as Wait;
  if (later === given) {
    request.waits = undefined;
    const { worker } = request;
    disown(request);
    owe(worker, request);
    lessAwaited(worker);
    return;
  }
  const earlier = given.earlier as Wait;
  earlier.later = later;
  later.earlier = earlier;
  if (request.waits === given) request.waits = later;
}

/** Settles a pending request, takes its edges out of the graph, and tells everybody who waits. */
export function settle(request: RequestState, status: Status, value: unknown): void {
  const { waits, worker, resolve, reject, onFailure } = request;
  request.status = status;
  disown(request);
  let heard: Wait[] | undefined;
  if (waits !== undefined) {
    request.waits = undefined;
    let each = waits;
    do {
      stopAwaiting(each);
      if (each.told !== undefined) (heard ??= []).push(each);
      each = each.later as Wait;
    } while (each !== waits);
    lessAwaited(worker);
  }
  if (resolve !== undefined) request.resolve = request.reject = undefined;
  if (request.promise === undefined) request.value = value;
  if (status === REJECTED) onFailure?.(request, value);
  // From here on code of the user's may run: a getter of `then`.
  if (heard !== undefined) for (const each of heard) each.told?.(status, value);
  if (status === FULFILLED) resolve?.(value);
  else reject?.(value);
}

/** Fails a pending request by the library's own decision: what its worker reports later is ignored. */
export function fail(request: RequestState, error: unknown): void {
  request.worker.failed = true;
  settle(request, REJECTED, error);
}

/** Hands a request to another worker, which awaits nothing yet, so that this closes no cycle. */
export function handOver(request: RequestState, worker: WorkerState): void {
  if (request.status !== PENDING) {
    request.worker = worker;
    return;
  }
  const { worker: before, waits } = request;
  disown(request);
  owe(worker, request);
  if (waits === undefined) return;
  worker.awaited++;
  lessAwaited(before);
  placeLast(worker);
}

let resolveNew: (value: unknown) => void;
let rejectNew: (error: unknown) => void;
const keep = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  resolveNew = resolve;
  rejectNew = reject;
};

/** The promise that all share who wait without a signal. */
export function promiseOf(request: RequestState): Promise<unknown> {
  return (request.promise ??= makePromise(request));
}

function makePromise(request: RequestState): Promise<unknown> {
  const { status, value } = request;
  request.value = undefined;
  if (status === FULFILLED) return Promise.resolve(value);
  if (status === REJECTED) return Promise.reject(value);
  const promise = new Promise(keep);
  request.resolve = resolveNew;
  request.reject = rejectNew;
  return promise;
}
