// What a graph looks like now: for logs, for tests, and for whoever asks why nothing moves.
import { check } from './arguments.js';
import type { RequestId } from './request-id.js';
import { each } from './some.js';
import {
  awaitedBy,
  FULFILLED,
  idOf,
  REQUEST,
  REQUESTS,
  type RequestState,
  isPending,
  TRACKED,
  WORKER,
  type WorkerState,
} from './state.js';
import type { Worker } from './worker.js';

/**
 * Describes a worker, with the ids of its requests.
 *
 * @example
 * ```ts
 * import { Worker } from '@x/workgraph';
 * import { snapshot, type WorkerSnapshot } from '@x/workgraph/inspect';
 *
 * const reader = new Worker({ name: 'reader' });
 * void reader.track(new Promise((resolve) => setTimeout(resolve, 1)), 'the disk');
 * const line = ({ name, tracking }: WorkerSnapshot) => `${name} waits for ${tracking.join(' and ')}`;
 * console.log(snapshot(reader).workers.map(line));
 * // Output:
 * // [ 'reader waits for the disk' ]
 * ```
 *
 * Source: none in go-workgraph; the process of a resource allocation graph
 */
export interface WorkerSnapshot {
  /** Its id in this snapshot: `w1`. */
  readonly id: string;
  /** Its name, if it has one. */
  readonly name: string | undefined;
  /** The ids of the requests that it waits for, oldest wait first. */
  readonly awaiting: readonly string[];
  /** The ids of the pending requests that it has to resolve. */
  readonly responsibleFor: readonly string[];
  /** The names of the promises that it tracks, outside the graph. */
  readonly tracking: readonly string[];
}

/**
 * Describes a request, with the id of the worker that is, or was, responsible for it.
 *
 * @example
 * ```ts
 * import { OnceMap, Worker } from '@x/workgraph';
 * import { type RequestSnapshot, snapshot } from '@x/workgraph/inspect';
 *
 * const pages = new OnceMap<string, string>((url) => `the page at ${url}`);
 * await pages.get('/a', new Worker());
 * void pages.get('/b', new Worker());
 * const pending = ({ state }: RequestSnapshot) => state === 'pending';
 * console.log(snapshot(pages).requests.filter(pending).map(({ name }) => name));
 * // Output:
 * // [ '/b' ]
 * ```
 *
 * Source: none in go-workgraph; the resource of a resource allocation graph
 */
export interface RequestSnapshot {
  /** Its id in this snapshot: `r1`. */
  readonly id: string;
  /** Its name, if it has one. For a request of a map that is its key, unless the map names it. */
  readonly name: string | undefined;
  /** Whether it has settled, and how. */
  readonly state: 'pending' | 'fulfilled' | 'rejected';
  /** The id of the worker that has to resolve it, or has resolved it. */
  readonly responsible: string;
}

/**
 * Describes who waits for whom: a worker awaits a request, or a request waits for its responsible worker.
 *
 * @example
 * ```ts
 * import { newRequest, Worker } from '@x/workgraph';
 * import { type Edge, snapshot } from '@x/workgraph/inspect';
 *
 * const main = new Worker({ name: 'main' });
 * const { resolver, promise } = newRequest<number>(main, { name: 'answer' });
 * const waiting = [1, 2].map(() => promise.await(new Worker()));
 * const isWait = ({ kind }: Edge) => kind === 'awaits';
 * console.log(snapshot(promise).edges.filter(isWait).length);
 * resolver.resolve(main, 42);
 * await Promise.all(waiting);
 * // Output:
 * // 2
 * ```
 *
 * Source: none in go-workgraph; the request and assignment edges of a resource allocation graph
 */
export interface Edge {
  /** The id of the worker or request that waits. */
  readonly from: string;
  /** The id of the request or worker that it waits for. */
  readonly to: string;
  /** Whether a worker awaits a request, or a worker is responsible for a request. */
  readonly kind: 'awaits' | 'responsible';
}

/**
 * Describes a graph at one moment. It keeps nothing of the graph in memory.
 *
 * @example
 * ```ts
 * import { newRequest, Worker } from '@x/workgraph';
 * import { snapshot, type Snapshot } from '@x/workgraph/inspect';
 *
 * const main = new Worker({ name: 'main' });
 * const { resolver, promise } = newRequest<number>(main, { name: 'answer' });
 * const states = ({ requests }: Snapshot) => requests.map(({ name, state }) => `${name} ${state}`).join();
 * const before = snapshot(main);
 * resolver.resolve(main, 42);
 * console.log(states(before), '=>', states(snapshot(promise)));
 * // Output:
 * // answer pending => answer fulfilled
 * ```
 *
 * Source: none in go-workgraph; a resource allocation graph, as operating systems have it
 */
export interface Snapshot {
  /** All workers that were reached. */
  readonly workers: readonly WorkerSnapshot[];
  /** All requests that were reached, pending and settled. */
  readonly requests: readonly RequestSnapshot[];
  /** Who waits for whom. */
  readonly edges: readonly Edge[];
}

/**
 * Is a value at which a snapshot may begin: a worker, a resolver, a promise, a `Once` or an `OnceMap`, of the main entry or of `/context`.
 *
 * @example
 * ```ts
 * import { newRequest, OnceMap, Worker } from '@x/workgraph';
 * import { type Root, snapshot } from '@x/workgraph/inspect';
 *
 * const main = new Worker({ name: 'main' });
 * const { promise } = newRequest<number>(main, { name: 'answer' });
 * const roots: Root[] = [main, promise, new OnceMap((key: string) => key)];
 * console.log(snapshot(...roots).requests.map(({ name }) => name)); // each once
 * // Output:
 * // [ 'answer' ]
 * ```
 *
 * Source: none in go-workgraph; the roots of a garbage collector
 */
export type Root =
  | Worker
  | {
      /** The id of a resolver, a promise or a `Once`. */
      readonly requestId: RequestId;
    }
  | {
      /** Returns the id of a map's key. */
      requestId(key: never): RequestId;
      /** How many keys the map has. */
      readonly size: number;
    };

/**
 * Returns everything that the roots wait for and everything that waits for them: workers, requests, and the edges between them.
 *
 * @example
 * ```ts
 * import { newRequest, Worker } from '@x/workgraph';
 * import { snapshot } from '@x/workgraph/inspect';
 *
 * const main = new Worker({ name: 'main' });
 * const helper = new Worker({ name: 'helper' });
 * const { resolver, promise } = newRequest<number>(helper, { name: 'answer' });
 * void promise.await(main);
 * console.log(snapshot(main).edges.map(({ from, kind, to }) => `${from} ${kind} ${to}`).join(', '));
 * resolver.resolve(helper, 42);
 * // Output:
 * // w1 awaits r1, r1 responsible w2
 * ```
 * @throws TypeError when an argument is not a root.
 *
 * Source: none in go-workgraph; a resource allocation graph, as operating systems have it
 */
export function snapshot(...roots: Root[]): Snapshot {
  const [workers, idOfWorker] = numbered<WorkerState>('w');
  const [requests, idOfRequest] = numbered<RequestState>('r');

  for (const root of roots) {
    const { [WORKER]: worker, [REQUEST]: request, [REQUESTS]: several } = (root ?? {}) as Record<symbol, unknown>;
    check(Boolean(worker ?? request ?? several), 'root', 'a worker, resolver, promise or map', root);
    if (worker !== undefined) idOfWorker(worker as WorkerState);
    if (request !== undefined) idOfRequest(request as RequestState);
    for (const each of (several ?? []) as Iterable<RequestState>) idOfRequest(each);
  }

  const shownWorkers: WorkerSnapshot[] = [];
  const shownRequests: RequestSnapshot[] = [];
  const edges: Edge[] = [];
  // Each of the lists grows by what the other finds.
  while (shownWorkers.length < workers.length || shownRequests.length < requests.length) {
    for (const state of workers.slice(shownWorkers.length)) {
      const id = idOfWorker(state);
      const awaited = [...new Set(awaitedBy(state))];
      const awaiting = awaited.filter((request) => !isTracked(request)).map(idOfRequest);
      const responsibleFor = each(state.owed).map(idOfRequest);
      const tracking = awaited.filter(isTracked).map(({ label }) => label as string);
      shownWorkers.push({ id, name: idOf(state).name, awaiting, responsibleFor, tracking });
      for (const to of awaiting) edges.push({ from: id, to, kind: 'awaits' });
    }
    for (const state of requests.slice(shownRequests.length)) {
      const id = idOfRequest(state);
      const responsible = idOfWorker(state.worker);
      for (const { worker } of each(state.waiters)) idOfWorker(worker);
      const pending = isPending(state);
      const shown = pending ? 'pending' : state.flags & FULFILLED ? 'fulfilled' : 'rejected';
      shownRequests.push({ id, name: idOf(state).name, state: shown, responsible });
      if (pending) edges.push({ from: id, to: responsible, kind: 'responsible' });
    }
  }
  return { workers: shownWorkers, requests: shownRequests, edges };
}

const isTracked = ({ flags }: RequestState): boolean => (flags & TRACKED) > 0;

/** A list of what was seen, in that order, and the function that gives each a number when it is first seen. */
function numbered<T extends RequestState | WorkerState>(prefix: string): [list: T[], numberOf: (item: T) => string] {
  const list: T[] = [];
  const numbers = new Map<RequestId, string>();
  return [
    list,
    (item) => {
      // By its id, since a map makes the state of a result anew each time.
      const id = idOf(item);
      let number = numbers.get(id);
      if (number === undefined) numbers.set(id, (number = `${prefix}${list.push(item)}`));
      return number;
    },
  ];
}

function checked(snapshot: Snapshot): Snapshot {
  const { workers, requests, edges }: Partial<Snapshot> = snapshot ?? {};
  check([workers, requests, edges].every(Array.isArray), 'snapshot', 'what snapshot() gives', snapshot);
  return snapshot;
}

const label = ({ id, name }: { id: string; name: string | undefined }): string => name || id;

/**
 * Draws a snapshot for Graphviz: workers as boxes, requests as ellipses, waits as solid lines, responsibility as dashed ones.
 *
 * @example
 * ```ts
 * import { Worker } from '@x/workgraph';
 * import { snapshot, toDot } from '@x/workgraph/inspect';
 *
 * console.log(toDot(snapshot(new Worker({ name: 'main' }))));
 * // Output:
 * // digraph {
 * //   w1 [label="main" shape=box]
 * // }
 * ```
 * @throws TypeError when `snapshot` is not a snapshot.
 *
 * Source: none in go-workgraph; the DOT language of Graphviz
 */
export function toDot(snapshot: Snapshot): string {
  const { workers, requests, edges } = checked(snapshot);
  const quote = (text: string): string =>
    // Entities are known there, and a NUL ends the text.
    `"${text.replaceAll('&', '&amp;').replaceAll('\0', '\uFFFD').replace(/["\\]/g, '\\$&').replace(/\r?\n/g, '\\n')}"`;
  const lines = [
    ...workers.map((each) => `${each.id} [label=${quote(labelOf(each))} shape=box]`),
    ...requests.map(
      (each) => `${each.id} [label=${quote(label(each))}${each.state === 'rejected' ? ' color=red' : ''}]`,
    ),
    ...edges.map(({ from, to, kind }) => `${from} -> ${to}${kind === 'awaits' ? '' : ' [style=dashed]'}`),
  ];
  return ['digraph {', ...lines.map((line) => `  ${line}`), '}'].join('\n');
}

/**
 * Draws a snapshot as a Mermaid flowchart, for a page or an issue.
 *
 * @example
 * ```ts
 * import { Worker } from '@x/workgraph';
 * import { snapshot, toMermaid } from '@x/workgraph/inspect';
 *
 * console.log(toMermaid(snapshot(new Worker({ name: 'main' }))));
 * // Output:
 * // flowchart LR
 * //   w1["main"]
 * ```
 * @throws TypeError when `snapshot` is not a snapshot.
 *
 * Source: none in go-workgraph; the flowcharts of Mermaid
 */
export function toMermaid(snapshot: Snapshot): string {
  const { workers, requests, edges } = checked(snapshot);
  const quote = (text: string): string =>
    // What is no letter or digit may mean something: the end of the label, Markdown, a link, a formula, a directive, an icon.
    `"${text.replace(/[!-/:-@[-`{-~]/g, (character) => `#${character.charCodeAt(0)};`).replace(/\r?\n/g, '<br>')}"`;
  const lines = [
    ...workers.map((each) => `${each.id}[${quote(labelOf(each))}]`),
    ...requests.map((each) => `${each.id}(${quote(label(each))})`),
    ...edges.map(({ from, to, kind }) => `${from} ${kind === 'awaits' ? '-->' : '-.->'} ${to}`),
  ];
  return ['flowchart LR', ...lines.map((line) => `  ${line}`)].join('\n');
}

/** What a worker waits for outside the graph belongs to its picture. */
function labelOf(worker: WorkerSnapshot): string {
  return [label(worker), ...worker.tracking.map((name) => `(${name})`)].join('\n');
}
