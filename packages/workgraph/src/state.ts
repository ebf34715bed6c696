// Workers, requests, and who waits for what. Workers are the nodes of the graph, waits are its edges:
//
//   worker ──wait──▶ request ──owed by──▶ worker
//
// Everything is in rings, so that whatever ends leaves in O(1). A ring goes through its owner, and is empty when that is alone in it:
//
//   out:  a worker and its waits               in:  a request and those who wait for it, in the order in which they came
//   owed: a worker and its pending requests; those that somebody awaits come first
//
// Invariants
// 1. A pending request is owed by exactly one worker, in whose ring it is. A settled request is in no ring, and alone in its own.
// 2. A wait is in both of its rings from the call of `await` until its request settles or it is given up.
// 3. Along every edge `order` grows (order.ts), so the edges form no cycle.
// 4. A worker that waits while nobody awaits it is watched by empty-loop.ts: all that is awaited can be reached from those.
// 5. Nothing here leads to a `Worker` that was made by hand: the collector has to be able to tell when that is gone.
//
// All copies of this package in a program work on one graph: they find each other's states through registered symbols. Those names, and what
// the fields of these classes mean, may not change.
import { RequestId } from './request-id.js';
import { site } from './sites.js';

/** Under these names a `Worker`, and a resolver or its promise, show their state to every copy of the package. */
export const WORKER: unique symbol = Symbol.for('@x/workgraph/worker') as never;
export const REQUEST: unique symbol = Symbol.for('@x/workgraph/request') as never;
/** A map shows those of its keys. */
export const REQUESTS: unique symbol = Symbol.for('@x/workgraph/requests') as never;

/** What both have, so that a walk through a worker's ring ends at the worker as it does at a request that nobody awaits. */
class State {
  earlier: State | Wait = this;
  later: State | Wait = this;
  previousOwed: State = this;
  nextOwed: State = this;
}

/** What stands behind a `Worker`. */
export class WorkerState extends State {
  readonly name: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** The request whose result its function makes, where an `OnceMap` runs it. */
  run: RequestState | undefined;
  previousOut: WorkerState | Wait = this;
  nextOut: WorkerState | Wait = this;
  order = 0;
  /** Of the last search that came by (order.ts), and the wait by which it came. */
  mark = 0;
  via: Wait | undefined;
  /** Where empty-loop.ts has it. */
  watched: number | WeakRef<WorkerState> | undefined;
  /** What it would owe from now on fails at once. */
  ended = false;
  /** The library has failed a request that it owed, so whoever awaited that has been told. */
  failed = false;
  /** For the collector's notice about its `Worker`: itself, while it owes anything. */
  debts: { of: WorkerState | undefined } | undefined;
  tracking: Set<string[]> | undefined;

  constructor(name: string | undefined, signal: AbortSignal | undefined) {
    super();
    this.name = name;
    this.signal = signal;
  }
}

/** What stands behind a `Resolver` and its promise, and behind a result of an `OnceMap`. */
export class RequestState extends State {
  worker: WorkerState;
  readonly label: unknown;
  readonly naming: ((label: never) => string | undefined) | undefined;
  id: RequestId | undefined;
  /** Undefined while it is pending. */
  resolved: boolean | undefined;
  /** Its worker has reported; if that was a promise of the outcome, a worker that nobody has owes it until that settles. */
  reported = false;
  /** Made when somebody first waits, so that a failure that nobody awaits is no unhandled rejection. */
  promise: Promise<unknown> | undefined;
  resolve: ((value: unknown) => void) | undefined;
  reject: ((error: unknown) => void) | undefined;
  /** The outcome, until there is a promise of it. */
  value: unknown;
  /** Lets its map forget it when it fails. */
  forget: ((request: RequestState) => void) | undefined;
  readonly site: string | undefined = site();

  constructor(worker: WorkerState, label: unknown, naming: RequestState['naming']) {
    super();
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
  earlier: State | Wait;
  later: State | Wait;
  previousOut: WorkerState | Wait;
  nextOut: WorkerState | Wait;

  constructor(worker: WorkerState, request: RequestState) {
    const last = request.earlier;
    const newest = worker.nextOut;
    this.worker = worker;
    this.request = request;
    this.earlier = last;
    this.later = request;
    this.previousOut = worker;
    this.nextOut = newest;
    last.later = request.earlier = this;
    newest.previousOut = worker.nextOut = this;
  }
}

/** Of these one is told of the outcome; the others share the request's promise. There are many waits: they stay small. */
export class ToldWait extends Wait {
  readonly told: (resolved: boolean, value: unknown) => void;

  constructor(worker: WorkerState, request: RequestState, told: ToldWait['told']) {
    super(worker, request);
    this.told = told;
  }
}

export function idOf(request: RequestState): RequestId {
  return (request.id ??= new RequestId(request.label, request.naming, request.site));
}

/** Puts a pending request into the ring of the worker that owes it. */
export function owe(worker: WorkerState, request: RequestState): void {
  // The last place in a ring and the first are on the two sides of its owner.
  const after = request.later === request ? worker.previousOwed : worker;
  const before = after.nextOwed;
  request.worker = worker;
  request.previousOwed = after;
  request.nextOwed = before;
  after.nextOwed = before.previousOwed = request;
  if (worker.debts !== undefined) worker.debts.of = worker;
}

/** Takes a request out of the ring of its worker. */
export function disown({ worker, previousOwed, nextOwed }: RequestState): void {
  previousOwed.nextOwed = nextOwed;
  nextOwed.previousOwed = previousOwed;
  if (worker.debts !== undefined && nextOwed === previousOwed && nextOwed === worker) worker.debts.of = undefined;
}

/** Whether somebody awaits what this worker owes. */
export function isAwaited({ nextOwed }: WorkerState): boolean {
  return nextOwed.later !== nextOwed;
}
