import { availableCores } from './platform.js';
import { check, checkFunction, checkNumber, checkOptions, prefixOf } from './arguments.js';

/**
 * How many items wait in a queue at most, unless it is told otherwise.
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
 * How long a queue that stops waits for its actions, in milliseconds.
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
 * How a queue works.
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
  /** How many actions run at the same time, 1 or more. Default: as many as there are cores. */
  parallelism?: number | undefined;
  /** How many items may wait, 1 or more; `Infinity` for no bound. Default: 1024. */
  maxWork?: number | undefined;
  /** Stops the queue when it aborts, as `stop` does. Default: none. */
  signal?: AbortSignal | undefined;
  /** What messages call the queue. Default: none. */
  name?: string | undefined;
  /**
   * Is told what an enqueued item failed with, the abort at the end of the grace period included, that of its own signal
   * not. Without it that is an unhandled rejection, the abort excepted.
   *
   * Is also told what the action of any item fails with after that was aborted, by its signal, its timeout or the end of
   * the grace period, unless that is the reason of the abort or an `AbortError` with it as its cause. Without it that is an
   * unhandled rejection, too, but for a submitted item: its promise has told that it failed, and as with `Promise.race`
   * what comes after that is dropped.
   */
  onError?: ((error: unknown, item: T) => void) | undefined;
  /** For how many milliseconds a queue that stops waits for its actions. Default: 10,000. */
  shutdownGracePeriod?: number | undefined;
  /** How many milliseconds an item may take: then its signal aborts and it has failed with a `TimeoutError`. Default: any. */
  timeout?: number | undefined;
  /** At most `limit` items start in any `interval` milliseconds. Default: any number. */
  rate?:
    | {
        /** How many items may start. */
        limit: number;
        /** In any so many milliseconds; `Infinity` for at most so many items ever. */
        interval: number;
      }
    | undefined;
  /**
   * In whose `AsyncLocalStorage` context an action runs: of the one who enqueues or submits, or of the one who started
   * the queue, which is quicker. What `tryEnqueue` accepts always runs in that of the queue. Default: 'enqueuer'.
   */
  context?: 'enqueuer' | 'queue' | undefined;
  /**
   * Is given the items that a stop by a signal, or by disposal, left, unless somebody calls `stop` or `close` before the end,
   * who is then given them. Without it they are a `DiscardedError`. Who calls `close` later is given nothing.
   */
  onDiscarded?: ((items: T[]) => void) | undefined;
}

/**
 * How one item is to be treated.
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
  /** Items with a higher one start first; default: 0. */
  priority?: number | undefined;
  /** Takes the item out of the queue when it aborts, or aborts the signal of its action. Default: none. */
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
