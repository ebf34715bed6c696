/// <reference lib="esnext.disposable" preserve="true" />
import { check, checkSignal } from './arguments.js';
import { dispose } from './dispose.js';

// Who is subscribed, and which task a signal belongs to. Both are one in a program: all copies of this package share the state behind
// the first registered symbol below, and know a signal's task by the second. What is known by them may never change
// its meaning: a version that needs something else takes other symbols.

/**
 * A task or a region, from its start to its end.
 *
 * @example
 * ```ts
 * import { subscribe, task, type Span } from '@x/proc';
 *
 * const ended: Span[] = [];
 * const subscription = subscribe({ end: (span) => void ended.push(span) });
 * const inner = task('inner', () => {});
 * await task('outer', inner)(new AbortController().signal);
 * subscription[Symbol.dispose]();
 * const [first, second] = ended;
 * console.log(first?.type, first?.outcome, first?.parentId === second?.id);
 * // Output:
 * // inner done true
 * ```
 *
 * Source: runtime/trace Task, Region
 */
export interface Span {
  /** Which of the two it is. */
  readonly kind: 'task' | 'region';
  /** Differs from that of every other task, region and log of the program. */
  readonly id: number;
  /** The id of the task under whose signal it was begun; undefined for one that was begun under no task's. */
  readonly parentId: number | undefined;
  /** What `task` or `traceRegion` was told. */
  readonly type: string;
  /** When it began: milliseconds, as `performance.now()` tells them. */
  readonly startTime: number;
  /** When it ended, on the same clock; undefined while it runs. */
  endTime: number | undefined;
  /** How it ended; 'aborted' when it threw its signal's reason. Undefined while it runs. */
  outcome: 'done' | 'failed' | 'aborted' | undefined;
  /** What it threw, as it is; undefined if it threw nothing. */
  error: unknown;
}

/**
 * An event of the task that it was logged in.
 *
 * @example
 * ```ts
 * import { log, subscribe, task, type Log } from '@x/proc';
 *
 * const print = ({ category, message }: Log) => console.log(`${category}: ${message}`);
 * const subscription = subscribe({ log: print });
 * await task('request', (signal) => log(signal, 'status', '200'))(new AbortController().signal);
 * subscription[Symbol.dispose]();
 * // Output:
 * // status: 200
 * ```
 *
 * Source: runtime/trace Log
 */
export interface Log {
  /** Tells it from a task or region. */
  readonly kind: 'log';
  /** Differs from that of every other task, region and log of the program. */
  readonly id: number;
  /** The id of the task under whose signal it was logged, if any. */
  readonly parentId: number | undefined;
  /** What kind of message it is, as `log` was told. */
  readonly category: string;
  /** What `log` was told. */
  readonly message: string;
  /** When: milliseconds, as `performance.now()` tells them. */
  readonly time: number;
}

/**
 * Runs a process's function within something, and returns what it returned.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks';
 * import { subscribe, task, type Around } from '@x/proc';
 *
 * const current = new AsyncLocalStorage<string>();
 * const subscription = subscribe({
 *   start({ type }): Around {
 *     return (run) => current.run(type, run);
 *   },
 * });
 * await task('request', () => console.log(current.getStore()))(new AbortController().signal);
 * subscription[Symbol.dispose]();
 * // Output:
 * // request
 * ```
 *
 * Source: none in Go, whose contexts carry values; `context.with` of OpenTelemetry
 */
export type Around = <T>(run: () => T) => T;

/**
 * What `subscribe` takes: an object with methods for what it wants to know.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { subscribe, task, type Tracer } from '@x/proc';
 *
 * const slow: Tracer = {
 *   end({ type, startTime, endTime }) {
 *     if (endTime - startTime > 10) console.log(type, 'is slow');
 *   },
 * };
 * const subscription = subscribe(slow);
 * await task('query', (signal) => sleep(20, { signal }))(new AbortController().signal);
 * subscription[Symbol.dispose]();
 * // Output:
 * // query is slow
 * ```
 *
 * Source: none in Go, where runtime/trace writes a file; the SpanProcessor of OpenTelemetry
 */
export interface Tracer {
  /**
   * A task or region begins. If this returns a function, that is given the call of the process and has to make it, and to return what it returns: for
   * setting up a context. What that function throws is the failure of the task or region.
   */
  start?: ((span: Span) => Around | void) | undefined;
  /** A task or region has ended: the object that `start` was given. Comes only where the tracer was told of the start. */
  end?: ((span: Span & { endTime: number }) => void) | undefined;
  /** Something was logged. */
  log?: ((log: Log) => void) | undefined;
}

/** Tells a subscriber; never throws. */
type Tell = (method: keyof Tracer, event: Span | Log) => unknown;

interface State {
  /** Replaced, never changed: who has it in hand keeps what it has seen. */
  subscribers: readonly Tell[];
  ids: number;
  /** Makes the signal of a task. Default: `anySignal` does; on Node there is a cheaper way (own-signal.ts). */
  own?: (parent: AbortSignal, id: number) => AbortSignal;
}

/** What is used of `node:diagnostics_channel`. */
interface Diagnostics {
  channel(name: string): { publish(message: unknown): void };
  readonly hasSubscribers: (name: string) => boolean;
}

interface Builtins {
  process?: { getBuiltinModule?: (id: string) => Diagnostics | undefined };
}

export type Owned = AbortSignal & { [TASK]?: number | undefined };

const STATE: unique symbol = Symbol.for('@x/proc/tracing/1');
export const TASK: unique symbol = Symbol.for('@x/proc/task/1');

export const state: State = ((globalThis as { [STATE]?: State })[STATE] ??= { ids: 0, subscribers: [] });

const channels = ['@x/proc:start', '@x/proc:end', '@x/proc:log'];

// Without an import, so that this runs on every runtime. Node has it since 20.16.
const diagnostics = (globalThis as Builtins).process?.getBuiltinModule?.('node:diagnostics_channel');
const publish: Tell = (method, event) => diagnostics!.channel(`@x/proc:${method}`).publish(event);

/** Everybody who is to be told of what begins now. */
export function listening(): readonly Tell[] {
  return diagnostics && channels.some(diagnostics.hasSubscribers) ? [...state.subscribers, publish] : state.subscribers;
}

/** Makes what is begun under a signal belong to the task that another one belongs to. Returns the signal. */
export function inherit(signal: AbortSignal, from: AbortSignal): AbortSignal {
  return adopt(signal, (from as Owned)[TASK]);
}

/** Makes a signal that of a task. Returns the signal. */
export function adopt(signal: AbortSignal, id: number | undefined): AbortSignal {
  if (id) (signal as Owned)[TASK] = id;
  return signal;
}

/**
 * Tells a tracer of every task, region and log, in all copies of this package in the program, until the result is disposed.
 *
 * While nobody is subscribed tasks cost next to nothing. Of what runs already when it subscribes, a tracer is not told. What
 * a tracer's methods throw stops nothing; it is reported as an unhandled rejection. The function that `start` may return is different: it is part of the
 * process. It has to call what it is given and to return what that returns, and what it throws is the failure of the task or region.
 *
 * @example
 * ```ts
 * import { subscribe, task } from '@x/proc';
 *
 * const subscription = subscribe({ end: (span) => console.log(span.type, span.outcome) });
 * await task('inner', () => {})(new AbortController().signal);
 * subscription[Symbol.dispose]();
 * // Output:
 * // inner done
 * ```
 * @throws TypeError when `tracer` is no object.
 *
 * Source: runtime/trace Start
 */
export function subscribe(tracer: Tracer): Disposable {
  check('tracer', tracer, 'object');
  const tell: Tell = (method, event) => {
    try {
      return tracer[method]?.(event as Span & Log);
    } catch (error) {
      // Nobody has asked for this promise: the platform reports it.
      void Promise.reject(error);
    }
  };
  state.subscribers = [...state.subscribers, tell];
  return {
    [dispose]() {
      // Who keeps what was returned keeps nothing of it.
      tracer = {};
      state.subscribers = state.subscribers.filter((each) => each !== tell);
    },
  };
}

/**
 * Adds an event to the task that a signal belongs to.
 *
 * Does nothing while nobody is subscribed. Under a signal of no task it is an event of none.
 *
 * @example
 * ```ts
 * import { log, task } from '@x/proc';
 *
 * export const request = task('request', async (signal) => {
 *   log(signal, 'status', '200');
 * });
 * ```
 * @throws TypeError when `signal` is no signal or `message` no string.
 *
 * Source: runtime/trace Log
 */
export function log(signal: AbortSignal, category: string, message: string): void {
  checkSignal(signal);
  check('category', category, 'string');
  check('message', message, 'string');
  let event: Log | undefined;
  // Made for the first who listens, and one for all.
  for (const tell of listening()) {
    event ??= {
      kind: 'log',
      id: ++state.ids,
      parentId: (signal as Owned)[TASK],
      category,
      message,
      time: performance.now(),
    };
    tell('log', event);
  }
}
