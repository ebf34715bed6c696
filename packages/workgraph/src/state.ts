// Workers, requests, and who waits for what. Workers are the nodes of the graph, waits are its edges:
//
//   worker ──outs──▶ request ──worker──▶ worker that owes it
//   worker ◀─waiters── request ◀───owed──── worker that owes it
//
// An edge is in both directions at once, and is the other end itself: what a worker has among its `outs` is the request, what a request has among its
// `waiters` is the worker. Only a wait that can be given up is an object of its own (`Told`), which stands in both places. A wait that is over is
// taken off `waits`, which counts them, but may stay among `outs` for a while: to look for one of many costs more than all else.
//
// Invariants
// 1. A pending request is owed by exactly one worker, and among what that owes, which counts those that somebody awaits. A settled request is
//    not, and nobody is among its `waiters`.
// 2. A wait is an edge from the call of `await` until its request settles or its signal has aborted: listeners that come before ours find it on both
//    sides still, but nobody goes along it. Who waits for nothing has no `outs`.
// 3. Along every edge `order` grows (order.ts), so the edges form no cycle.
// 4. A worker that waits while nobody awaits it is watched by empty-loop.ts: all that is awaited can be reached from those.
// 5. What the library has failed stays failed: what its worker reports, returns or throws later changes nothing.
// 6. Nothing here leads to a `Worker` that was made by hand: the collector has to be able to tell when that is gone.
//
// All copies of this package in a program work on one graph: they find each other's states through registered symbols. Those names, and what
// the fields of these classes mean, may not change.
import { type NewRequestId, RequestId } from './request-id.js';
import { site } from './sites.js';
import type { List, Some } from './some.js';

/** Under these names a `Worker`, and a resolver or its promise, show their state to every copy of the package. */
export const WORKER: unique symbol = Symbol.for('@x/workgraph/worker') as never;
export const REQUEST: unique symbol = Symbol.for('@x/workgraph/request') as never;
/** A map shows those of its keys. */
export const REQUESTS: unique symbol = Symbol.for('@x/workgraph/requests') as never;

/** What all copies of the package have in common. */
interface Shared {
  /** The ends of the order. */
  first: number;
  last: number;
  /** The ids of requests, and of workers, that somebody has asked for. */
  ids: WeakMap<object, RequestId>;
  noRequest: RequestId;
  emptyLoop: EmptyLoop | undefined;
}

/** What empty-loop.ts does. */
export interface EmptyLoop {
  /** Called when a worker whom nobody awaits awaits something. What fails a request comes with it, so that graph.ts and empty-loop.ts do not import each other. */
  watch(worker: WorkerState, failing: (request: RequestState, why: string) => void): void;
  /** Called when it awaits nothing any more. */
  unwatch(worker: WorkerState): void;
}

/** Sealed: Jest takes apart what a file of tests has left on the global object. */
export const shared: Shared = ((globalThis as Record<symbol, unknown>)[Symbol.for('@x/workgraph/shared')] ??=
  Object.seal({
    first: 0,
    last: 0,
    ids: new WeakMap(),
    noRequest: new (RequestId as unknown as NewRequestId)('no request'),
    emptyLoop: undefined,
  })) as Shared;

/**
 * Stands for "no request yet": the id of a `Once` that has not run, or of a key that was never asked for.
 *
 * @example
 * ```ts
 * import { noRequest, Once, Worker } from '@x/workgraph';
 *
 * const config = new Once<string>({ name: 'config' });
 * console.log(config.requestId === noRequest);
 * await config.do(new Worker(), () => 'debug');
 * console.log(config.requestId === noRequest, `${config.requestId}`);
 * // Output:
 * // true
 * // false config
 * ```
 *
 * Source: go-workgraph NoRequest
 */
export const noRequest: RequestId = shared.noRequest;

/** What workers and requests of one making have in common: those of a map, or one that was made by itself. */
export interface Source {
  readonly signal?: AbortSignal | undefined;
  /** How a map's requests are called. */
  readonly naming?: ((label: never) => string) | undefined;
  /** The results of a map that forgets the runs that fail. */
  readonly forgetful?: Map<unknown, unknown> | undefined;
}

// What has become of a request, and of a worker.
/** Its worker has reported it: if that was a promise of the outcome, a worker that nobody has owes it until that settles. */
export const REPORTED = 1;
export const FULFILLED = 2;
export const REJECTED = 4;
/** Somebody has its promise. A failure that nobody awaits is told to that promise when somebody does: it is no unhandled rejection. */
export const AWAITED = 8;
/** The library has failed a request that this worker owed, so whoever awaited that has been told. */
export const FAILED = 16;
/** What this worker would owe from now on fails at once. */
export const ENDED = 32;
/** Somebody waits, or has waited, who is told by itself. */
export const TOLD = 64;
/** It stands for something outside the graph, and is called as that: a worker that nobody has owes it. */
export const TRACKED = 128;
/** It is known to empty-loop.ts. */
export const WATCHED = 256;
/** The bits above count the requests that it owes and somebody awaits: below this nobody awaits the worker, below `WATCHED` it is not watched either. */
export const ONE_AWAITED = 512;

/** What stands behind a `Worker`. */
export class WorkerState {
  /** Its name, or the key in a map. */
  declare readonly label: unknown;
  declare readonly source: Source | undefined;
  flags = 0;
  /** Who is made later is, in most programs, awaited by who was made earlier. */
  order: number = ++shared.last;
  waits = 0;
  outs: Outgoing | List<Outgoing> | undefined;
  owed: Some<RequestState>;
  /** For the collector's notice about a `Worker` that was made by hand: its state, while it owes anything; null before it ever did. */
  declare debts?: { of: WorkerState | undefined } | null;

  constructor(label?: unknown, source?: Source) {
    this.label = label;
    this.source = source;
  }

  get worker(): WorkerState {
    return this;
  }
}

/** What stands behind a `Resolver` and its promise, and behind a result of an `OnceMap`. */
export interface RequestState {
  readonly label: unknown;
  readonly source?: Source | undefined;
  flags: number;
  worker: WorkerState;
  readonly request: RequestState;
  waiters: Some<Incoming>;
  /** All share it who wait without a signal. */
  readonly promise: Promise<unknown>;
  /** Resolves that, while it is pending; then, while nobody has awaited a failure, tells of that. */
  resolve: ((value?: unknown) => void) | undefined;
}

let newest: RequestState['resolve'];
/** In place of a function for each promise. */
const keep = (resolve: (value: unknown) => void): void => {
  newest = resolve;
};

/** A request that was made by hand, or stands for something outside the graph. */
export class Request implements RequestState {
  declare readonly label: unknown;
  flags = 0;
  declare worker: WorkerState;
  waiters: Some<Incoming>;
  declare readonly promise: Promise<unknown>;
  declare resolve: ((value?: unknown) => void) | undefined;

  constructor(worker: WorkerState, name: string | undefined) {
    this.label = name;
    this.worker = worker;
    this.promise = new Promise(keep);
    this.resolve = newest;
    // It would keep the result until the next is made.
    newest = undefined;
  }

  get request(): RequestState {
    return this;
  }
}

/** What a worker has among its `outs`. */
export type Outgoing = RequestState | Told;
/** What a request has among its `waiters`. */
export type Incoming = WorkerState | Told;

/** A wait that can be given up, and is told of the outcome by itself. */
export interface Told {
  readonly worker: WorkerState;
  readonly request: RequestState;
  readonly told: (resolved?: boolean, value?: unknown) => void;
  /** Aborted: it is given up. */
  readonly signal: AbortSignal;
}

/** Whether a wait, at either end, has been given up. */
export const isGivenUp = (wait: object): boolean => (wait as Partial<Told>).signal?.aborted === true;

/** Whether a wait is one still. */
export const isOn = (wait: Outgoing | undefined): wait is Outgoing =>
  wait !== undefined && isPending(wait.request) && !isGivenUp(wait);

/** The requests that a worker waits for, oldest wait first. */
export function awaitedBy({ outs }: WorkerState): RequestState[] {
  return (Array.isArray(outs) ? outs : [outs]).filter(isOn).map(({ request }) => request);
}

/** Gives a new request its id at once if that is to say where it was made. */
export function idAtOnce(request: RequestState): void {
  const made = site();
  if (made) idOf(request, made);
}

// Taken out of what is shared at once: Jest warns of whoever looks at that when a file of tests has ended.
const { ids } = shared;

/** The id of a request, or of a worker: that of a map is called as its request is. */
export function idOf(one: RequestState | WorkerState, made?: string): RequestId {
  // A map has of a result that was made its promise only: by that it is known.
  const known = (one as Partial<RequestState>).promise ?? one;
  let id = ids.get(known);
  if (!id) ids.set(known, (id = new (RequestId as unknown as NewRequestId)(one.label, one.source?.naming, made)));
  return id;
}

export const isPending = ({ flags }: RequestState): boolean => (flags & (FULFILLED | REJECTED)) === 0;
