import { availableCores } from './platform.js';
import { check, checkFunction, checkNumber, checkOptions, prefixOf } from './arguments.js';

/**
 * Sets how many items may wait in a queue without `maxWork`.
 *
 * @example
 * ```ts
 * import { defaultQueueMaxWork, Queue } from '@x/async';
 *
 * const queue = new Queue((page: number) => page);
 * let page = 0;
 * while (queue.tryEnqueue(page)) page++; // until it is full
 * console.log(page === defaultQueueMaxWork);
 * await queue.close();
 * // Output:
 * // true
 * ```
 *
 * Source: blend/go-sdk async DefaultQueueMaxWork
 */
export const defaultQueueMaxWork = 1024;
/**
 * Sets how long a stopping queue without `shutdownGracePeriod` waits for its actions, in milliseconds.
 *
 * @example
 * ```ts
 * import { defaultShutdownGracePeriod, Queue } from '@x/async';
 *
 * const timeout = Number(process.env['TIMEOUT'] ?? 30_000);
 * const shutdownGracePeriod = Math.max(defaultShutdownGracePeriod, timeout); // whatever runs may end
 * export const downloads = new Queue((url: string, signal) => fetch(url, { signal }), { timeout, shutdownGracePeriod });
 * ```
 *
 * Source: blend/go-sdk async DefaultShutdownGracePeriod
 */
export const defaultShutdownGracePeriod = 10_000;

/**
 * Configures a queue.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { Queue, type QueueOptions } from '@x/async';
 *
 * const options: QueueOptions<string> = {
 *   parallelism: 1,
 *   shutdownGracePeriod: 10,
 *   onError: (_, page) => console.log('not finished:', page),
 *   onDiscarded: (pages) => console.log('not begun:', pages),
 * };
 * const queue = new Queue((_: string, signal) => sleep(1_000, { signal }), options);
 * for (const page of ['a', 'b', 'c']) await queue.enqueue(page);
 * await queue.run(AbortSignal.timeout(5));
 * // Output:
 * // not finished: a
 * // not begun: [ 'b', 'c' ]
 * ```
 *
 * Source: blend/go-sdk async QueueOption
 */
export interface QueueOptions<T> {
  /** How many actions may run at the same time, 1 or more. Default: the number of available cores. */
  parallelism?: number | undefined;
  /**
   * How many items may wait, 1 or more; `Infinity` for no bound. In the enqueuer's context an item counts as running for a
   * microtask before its action is called. Until then it keeps its place, because a `pause` puts it back. So the queue can be
   * full although fewer items wait. Default: 1024.
   */
  maxWork?: number | undefined;
  /**
   * Stops the queue when it aborts, as `stop` does. The queue listens to it from the start or the first item on. If it has
   * aborted before `start`, the queue stops at once. Default: none.
   */
  signal?: AbortSignal | undefined;
  /** The queue's name in error messages. Default: none. */
  name?: string | undefined;
  /**
   * Is called when an item of `enqueue` or `tryEnqueue` has failed. Without it the error is an unhandled rejection.
   *
   * The abort at the end of the grace period counts as a failure here; without `onError` it is not reported. The abort of the
   * item's own signal is never reported.
   *
   * Is also called when the action of any item fails after the item was aborted by its signal, its timeout or the end of the
   * grace period. The reason of the abort, and an `AbortError` with the reason as its cause, are not reported. Without
   * `onError` the error of an enqueued item is an unhandled rejection. That of a submitted item is dropped, as with
   * `Promise.race`: its promise has already rejected.
   *
   * It is called in the `AsyncLocalStorage` context in which the action ran. The abort at the end of the grace period is
   * reported in the context of the call that stops the queue.
   */
  onError?: ((error: unknown, item: T) => void) | undefined;
  /** How long a stopping queue waits for its actions, in milliseconds. Over 24.8 days is no limit. Default: 10,000. */
  shutdownGracePeriod?: number | undefined;
  /**
   * How long an item may take, in milliseconds. Then its action's signal aborts and the item fails with a `TimeoutError`.
   * `0` is a limit too: an action that has to wait then fails at once. `Infinity`, and all over 24.8 days, is no limit.
   * Default: `Infinity`.
   */
  timeout?: number | undefined;
  /** Lets at most `limit` items start in any `interval` milliseconds, by the system clock. Default: no limit. */
  rate?:
    | {
        /** How many items may start. */
        limit: number;
        /** The length of the sliding window, in milliseconds; with `Infinity` at most `limit` items ever start. */
        interval: number;
      }
    | undefined;
  /**
   * The `AsyncLocalStorage` context in which an action runs: that of `enqueue` or `submit` ('enqueuer'), or that of `start`
   * ('queue'), which is faster. Items of `tryEnqueue` always run in the queue's context. Default: 'enqueuer'.
   */
  context?: 'enqueuer' | 'queue' | undefined;
  /**
   * Is called with the items that were not run when a signal, or disposal, has stopped the queue. These items go to one place.
   * If somebody calls `stop` or `close` before the end, that call resolves with them. Otherwise this callback gets them.
   * Without this callback they are in a `DiscardedError`: `run` rejects with it if it was called, otherwise disposal does, and
   * otherwise it is an unhandled rejection. A later `close` resolves with an empty array.
   */
  onDiscarded?: ((items: T[]) => void) | undefined;
}

/**
 * Configures a single item of a queue.
 *
 * @example
 * ```ts
 * import { type EnqueueOptions, Queue } from '@x/async';
 *
 * const queue = new Queue((mail: string) => console.log(mail), { parallelism: 1 });
 * const controller = new AbortController();
 * const draft: EnqueueOptions = { signal: controller.signal };
 * const urgent: EnqueueOptions = { priority: 1 };
 * await queue.enqueue('draft', draft);
 * await queue.enqueue('news');
 * await queue.enqueue('alarm', urgent);
 * controller.abort(); // takes the draft out
 * await queue.start();
 * await queue.stop();
 * // Output:
 * // alarm
 * // news
 * ```
 *
 * Source: none in blend/go-sdk, whose queue is a channel; the options of `add` of p-queue
 */
export interface EnqueueOptions {
  /** Items with a higher priority start first. Default: 0. */
  priority?: number | undefined;
  /** Takes a waiting item out of the queue when it aborts; aborts the action's signal of a running one. Default: none. */
  signal?: AbortSignal | undefined;
}

/** The options, checked, with the defaults in place. */
export interface Settings<T> {
  parallelism: number;
  maxWork: number;
  shutdownGracePeriod: number;
  timeout: number;
  gated: boolean;
  title: string;
  /** What messages about an argument begin with. */
  of: string;
  rate: QueueOptions<T>['rate'];
  signal: AbortSignal | undefined;
  onError: QueueOptions<T>['onError'];
  onDiscarded: QueueOptions<T>['onDiscarded'];
}

export function settingsOf<T>(options: QueueOptions<T>): Settings<T> {
  const of = prefixOf('Queue', options);
  checkOptions(options, of);
  const {
    rate,
    signal,
    onError,
    onDiscarded,
    parallelism = availableCores(),
    context = 'enqueuer',
    maxWork = defaultQueueMaxWork,
    timeout = Infinity,
    shutdownGracePeriod = defaultShutdownGracePeriod,
  } = options;
  const title = of.slice(0, -2) || 'Queue';
  checkNumber(`${of}parallelism`, parallelism, 1);
  checkNumber(`${of}maxWork`, maxWork, 1);
  checkNumber(`${of}shutdownGracePeriod`, shutdownGracePeriod, 0);
  checkNumber(`${of}timeout`, timeout, 0);
  checkFunction(`${of}onError`, onError, true);
  checkFunction(`${of}onDiscarded`, onDiscarded, true);
  const gated = context === 'enqueuer';
  check(gated || context === 'queue', `${of}context`, "'enqueuer' or 'queue'", context);
  if (rate !== undefined) {
    check(Object(rate) === rate, `${of}rate`, 'an object', rate);
    checkNumber(`${of}rate.limit`, rate.limit, 1);
    checkNumber(`${of}rate.interval`, rate.interval, 0);
  }
  return { of, parallelism, maxWork, shutdownGracePeriod, timeout, gated, title, rate, signal, onError, onDiscarded };
}
