/// <reference lib="esnext.disposable" preserve="true" />
import { check, checkSignal } from './arguments.js';
import { dispose } from './dispose.js';

// Who is subscribed, and which task a signal belongs to. Both are one in a program: all copies of this package share the state behind
// the first registered symbol below, and know a signal's task by the second. What is known by them may never change
// its meaning: a version that needs something else takes other symbols.

/**
 * Describes a task or a region, from its start to its end.
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
  /** Tells a task from a region. */
  readonly kind: 'task' | 'region';
  /** The id, unique among all tasks, regions and logs of the program. */
  readonly id: number;
  /** The id of the task under whose signal it began; undefined if that signal belongs to no task. */
  readonly parentId: number | undefined;
  /** The type that was passed to `task` or `traceRegion`. */
  readonly type: string;
  /** When it began, in milliseconds as `performance.now()` returns them. */
  readonly startTime: number;
  /** When it ended, on the same clock; undefined while it runs. */
  endTime: number | undefined;
  /** How it ended: 'aborted' means that it threw its signal's reason. Undefined while it runs. */
  outcome: 'done' | 'failed' | 'aborted' | undefined;
  /** The value that it threw, as it is; undefined if it threw nothing. */
  error: unknown;
}

/**
 * Describes a logged event, which belongs to a task.
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
  /** Tells a log from a task or region. */
  readonly kind: 'log';
  /** The id, unique among all tasks, regions and logs of the program. */
  readonly id: number;
  /** The id of the task under whose signal it was logged, if any. */
  readonly parentId: number | undefined;
  /** The category that was passed to `log`. */
  readonly category: string;
  /** The message that was passed to `log`. */
  readonly message: string;
  /** When it was logged, in milliseconds as `performance.now()` returns them. */
  readonly time: number;
}

/**
 * Runs the function of a process inside a context, and returns its result.
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
 * Receives the events of tasks, regions and logs: the object that you pass to `subscribe`. Every method is optional.
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
   * Called when a task or region begins. To set up a context for it, return a function. That function gets the call of the process as `run`: it must call
   * `run` and return the result. If it throws, the task or region fails with that error.
   */
  start?: ((span: Span) => Around | void) | undefined;
  /** Called when a task or region has ended, with the same object as `start`. Called only if the tracer was subscribed at the start. */
  end?: ((span: Span & { endTime: number }) => void) | undefined;
  /** Called when something was logged. */
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
 * Calls a tracer for every task, region and log, in all copies of this package in the program, until you dispose the result.
 *
 * While nobody is subscribed, tasks cost next to nothing. Of tasks that already run when it subscribes, a tracer hears only the logs. An error that
 * a tracer's method throws stops nothing; it is reported as an unhandled rejection. The function that `start` may return is different, because it is part of
 * the process. It must call the function that it gets and return the result. If it throws, the task or region fails with that error.
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
 * @throws TypeError when `tracer` is not an object.
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
 * Does nothing while nobody is subscribed. If the signal belongs to no task, the event belongs to none.
 *
 * @example
 * ```ts
 * import { log, task } from '@x/proc';
 *
 * export const request = task('request', async (signal) => {
 *   log(signal, 'status', '200');
 * });
 * ```
 * @throws TypeError when `signal` is not a signal, or `category` or `message` is not a string.
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
