// What changes the graph: waits come and are given up, requests settle and change hands.
import { emptyLoop } from './empty-loop.js';
import { SelfDependencyError, UnresolvedError } from './errors.js';
import { findCycle } from './order.js';
import { add, each, has, put, remove, type Some } from './some.js';
import {
  AWAITED,
  FAILED,
  FULFILLED,
  idOf,
  type Incoming,
  isOn,
  ONE_AWAITED,
  type Outgoing,
  REJECTED,
  Request,
  type RequestState,
  isPending,
  TOLD,
  type Told,
  TRACKED,
  WATCHED,
  WorkerState,
} from './state.js';

/** Watches a worker if it waits while nobody awaits it: it is from there that an empty loop finds who waits for what. */
function watchIfFirst(worker: WorkerState): void {
  if (worker.flags < WATCHED && worker.outs) emptyLoop.watch(worker, unresolve);
}

/** Puts a pending request among what its worker owes. */
export function owe(request: RequestState): void {
  const { worker } = request;
  worker.owed = add(worker.owed, request);
  if (request.waiters) worker.flags += ONE_AWAITED;
  if (worker.debts) worker.debts.of = worker;
}

/** Takes a request from what its worker owes. */
function disown(request: RequestState): void {
  const { worker } = request;
  worker.owed = remove(worker.owed, request);
  if (request.waiters) worker.flags -= ONE_AWAITED;
  if (worker.debts && !worker.owed) worker.debts.of = undefined;
}

/** Makes a worker wait. If that closes a cycle, the requests on it have failed when this returns. */
export function wait(worker: WorkerState, request: RequestState, told?: Told): void {
  const owner = request.worker;
  const { waiters } = request;
  if (!waiters) owner.flags += ONE_AWAITED;
  else if (!told && has<Incoming>(waiters, worker)) return;
  request.waiters = add<Incoming>(waiters, told ?? worker);
  if (told) request.flags |= TOLD;
  worker.outs = put<Outgoing>(worker.outs, told ?? request);
  worker.waits++;
  watchIfFirst(worker);
  if (worker.order < owner.order) return;
  const cycle = findCycle(worker, request);
  if (!cycle) return;
  const error = new SelfDependencyError(cycle.map((request) => idOf(request)));
  for (const each of cycle) {
    each.worker.flags |= FAILED;
    settle(each, REJECTED, error);
  }
}

/** Takes a wait from those of its worker. */
function leave({ worker }: Incoming): void {
  const { outs } = worker;
  if (!--worker.waits) {
    worker.outs = undefined;
    if (worker.flags & WATCHED) emptyLoop.unwatch(worker);
  } else if (Array.isArray(outs) && outs.length > 2 * worker.waits + 8) {
    // Those that are over are most of them.
    worker.outs = outs.filter(isOn);
  }
}

/** Takes a wait whose signal has aborted out of the graph, and tells of that; the request goes on. */
export function giveUp(wait: Told): void {
  const { request } = wait;
  if (!isPending(request)) return;
  leave(wait);
  request.waiters = remove<Incoming>(request.waiters, wait);
  if (!request.waiters) {
    request.worker.flags -= ONE_AWAITED;
    watchIfFirst(request.worker);
  }
  wait.told();
}

/** Settles a request, unless it is, takes its edges out of the graph, and tells everybody who waits. */
export function settle(request: RequestState, how: number, value: unknown): void {
  if (!isPending(request)) return;
  const { worker, waiters, resolve } = request;
  disown(request);
  request.flags |= how;
  request.waiters = request.resolve = undefined;
  // Who waits alone needs no list.
  if (waiters instanceof WorkerState) leave(waiters);
  else for (const waiter of each(waiters)) leave(waiter);
  watchIfFirst(worker);
  // From here on code of the user's may run: a getter of `then`.
  if (request.flags & TOLD) for (const { told } of each(waiters as Some<Told>)) told?.(how === FULFILLED, value);
  if (how === FULFILLED) resolve?.(value);
  else rejectPromise(request, resolve, value);
}

/** Rejects a request's promise, now or when somebody first asks for it. */
function rejectPromise(request: RequestState, resolve: RequestState['resolve'], error: unknown): void {
  const reject = (): void => resolve?.({ then: (_: unknown, reject: (error: unknown) => void) => reject(error) });
  if (request.flags & AWAITED) reject();
  else request.resolve = reject;
}

/** Rejects a request, unless it is settled; its map may forget it. */
export function reject(request: RequestState, error: unknown): void {
  const { label, source } = request;
  if (source?.forgetful?.get(label) === request) source.forgetful.delete(label);
  settle(request, REJECTED, error);
}

/** Fails a pending request by the library's own decision: what its worker reports later is ignored. */
export function unresolve(request: RequestState, why: string): void {
  request.worker.flags |= FAILED;
  reject(request, new UnresolvedError(idOf(request), why));
}

/** Hands a request to a new worker, unless it is settled: that worker awaits nothing and comes last in the order, so this closes no cycle. */
export function handOver(request: RequestState, worker: WorkerState): void {
  if (!isPending(request)) return;
  const { worker: before } = request;
  disown(request);
  request.worker = worker;
  owe(request);
  watchIfFirst(before);
}

/** Settles a request as something outside the graph does. */
export function follow(request: RequestState, promise: unknown): void {
  void Promise.resolve(promise).then(
    (value) => settle(request, FULFILLED, value),
    (error: unknown) => settle(request, REJECTED, error),
  );
}

/** Makes a worker wait for something outside the graph. */
export function track(worker: WorkerState, promise: unknown, name: string): Promise<unknown> {
  const request = new Request(new WorkerState(), name);
  request.flags = TRACKED;
  owe(request);
  wait(worker, request);
  follow(request, promise);
  return promiseOf(request);
}

/** The promise that all share who wait without a signal. */
export function promiseOf(request: RequestState): Promise<unknown> {
  request.flags |= AWAITED;
  if (request.flags & REJECTED) {
    request.resolve?.();
    request.resolve = undefined;
  }
  return request.promise;
}
