// Workers, requests, and who waits for what. Workers are the nodes of the graph, waits are its edges:
//
//   worker ──wait──▶ request ──owed by──▶ worker
//
// Invariants
// 1. A pending request is owed by exactly one worker, and is in the list `owes` of that worker. A settled one is in no list.
// 2. A wait is in the list `awaits` of its worker and in the list `waits` of its request, from the call of `await` until the
//    request settles or the wait is given up. So a settled request has no edges.
// 3. In `owes` those that somebody awaits come first; `awaited` says how many they are.
// 4. Along every edge `order` grows (order.ts), so the edges form no cycle.
// 5. A worker that awaits something, and whom nobody awaits, is watched by empty-loop.ts: whatever is awaited can be
//    reached from those.
// 6. Nothing here leads to a `Worker` that was made by hand: the collector has to be able to tell when that is gone.
//
// All copies of this package in a program work on one graph: they find each other's nodes through registered symbols, and
// share the ends of the order. Those names, and the fields of these classes, may not change their meaning.
import { RequestId, type Naming } from './request-id.js';
import { site } from './sites.js';

export const PENDING = 0;
export const FULFILLED = 1;
export const REJECTED = 2;
export type Status = typeof PENDING | typeof FULFILLED | typeof REJECTED;

/** Under these names a `Worker`, and a `Resolver` or its promise, show their state to every copy of the package. */
export const WORKER: unique symbol = Symbol.for('@x/workgraph/worker') as never;
export const REQUEST: unique symbol = Symbol.for('@x/workgraph/request') as never;

/** What a `Worker` leaves behind for the collector's notice: its state, while that owes anything. */
export interface Debts {
  of: WorkerState | undefined;
}

/** What stands behind a `Worker`. */
export class WorkerState {
  name: string | RequestState | undefined;
  readonly signal: AbortSignal | undefined;
  /** First of its waits; the newest comes first. */
  awaits: Wait | undefined = undefined;
  /** First of its pending requests, in a ring. */
  owes: RequestState | undefined = undefined;
  awaited = 0;
  order = 0;
  /** Of the last search that came by (order.ts), and the wait by which it came. */
  mark = 0;
  via: Wait | undefined = undefined;
  watched: number | WeakRef<WorkerState> | undefined = undefined;
  /** It has ended: what it would owe has failed already. */
  ended = false;
  /** A request that it owed was failed by the library, so whoever awaited that has been told. */
  failed = false;
  debts: Debts | undefined = undefined;
  tracking: Set<{ readonly name: string }> | undefined = undefined;

  constructor(name: string | RequestState | undefined, signal: AbortSignal | undefined) {
    this.name = name;
    this.signal = signal;
  }
}

/** What stands behind a `Resolver` and its promise, and behind a result of a `Once` or an `OnceMap`. */
export class RequestState {
  worker: WorkerState;
  readonly label: unknown;
  readonly naming: Naming;
  id: RequestId | undefined = undefined;
  status: Status = PENDING;
  /** Its worker has reported, if only a promise of the outcome. */
  reported = false;
  /** First of those who wait, in a ring in the order in which they came. */
  waits: Wait | undefined = undefined;
  previous: RequestState | undefined = undefined;
  next: RequestState | undefined = undefined;
  /** Made when somebody first waits, so that a failure that nobody awaits is no unhandled rejection. */
  promise: Promise<unknown> | undefined = undefined;
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((error: unknown) => void) | undefined = undefined;
  /** The outcome, where nobody has waited for it yet. */
  value: unknown = undefined;
  /** Called when it fails; forgets it, if its map is to. */
  onFailure: ((request: RequestState, error: unknown) => void) | undefined = undefined;
  readonly site: string | undefined = site();

  constructor(worker: WorkerState, label: unknown, naming?: Naming) {
    this.worker = worker;
    this.label = label;
    this.naming = naming;
    owe(worker, this);
  }
}

/** A worker waits for a request. */
export class Wait {
  readonly worker: WorkerState;
  readonly request: RequestState;
  /** Told of the outcome, where the wait has a signal; the others share the request's promise. */
  readonly told: ((status: Status, value: unknown) => void) | undefined;
  previous: Wait | undefined = undefined;
  next: Wait | undefined = undefined;
  earlier: Wait | undefined = undefined;
  later: Wait | undefined = undefined;

  constructor(worker: WorkerState, request: RequestState, told: Wait['told']) {
    this.worker = worker;
    this.request = request;
    this.told = told;
  }
}

export function idOf(request: RequestState): RequestId {
  return (request.id ??= new RequestId(request.label, request.naming));
}

/** Enters a request into the list of a worker's. */
export function owe(worker: WorkerState, request: RequestState): void {
  const first = worker.owes;
  request.worker = worker;
  if (first === undefined) {
    worker.owes = request.previous = request.next = request;
    if (worker.debts !== undefined) worker.debts.of = worker;
    return;
  }
  const last = first.previous as RequestState;
  request.previous = last;
  request.next = first;
  last.next = first.previous = request;
  // In a ring the last place and the first are the same but for where it begins.
  if (request.waits !== undefined) worker.owes = request;
}

/** Takes a request out of the list of its worker's. */
export function disown(request: RequestState): void {
  const { worker } = request;
  const previous = request.previous as RequestState;
  const next = request.next as RequestState;
  request.previous = request.next = undefined;
  if (next === request) {
    worker.owes = undefined;
    if (worker.debts !== undefined) worker.debts.of = undefined;
    return;
  }
  previous.next = next;
  next.previous = previous;
  if (worker.owes === request) worker.owes = next;
}
