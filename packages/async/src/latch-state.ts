/**
 * Represents the state of a latch, a worker, an interval or a queue.
 *
 * @example
 * ```ts
 * import { latchActive, latchResuming, latchStarted, type LatchState, Queue } from '@x/async';
 *
 * const ready: readonly LatchState[] = [latchStarted, latchResuming, latchActive]; // neither paused nor about to stop
 * const queue = new Queue(() => {});
 * await queue.start();
 * console.log(ready.includes(queue.state));
 * queue.pause();
 * console.log(ready.includes(queue.state));
 * await queue.stop();
 * // Output:
 * // true
 * // false
 * ```
 *
 * Source: blend/go-sdk async LatchStopped to LatchStopping
 */
export type LatchState = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/**
 * Means `stopped`: it has stopped, or has never started.
 *
 * @example
 * ```ts
 * import { latchStopped, Queue } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page));
 * await queue.enqueue('a page');
 * if (queue.state === latchStopped) await queue.start(); // which rejects when somebody has started it
 * await queue.stop();
 * // Output:
 * // a page
 * ```
 *
 * Source: blend/go-sdk async LatchStopped
 */
export const latchStopped = 0;
/**
 * Means `starting`: it has been told to start.
 *
 * @example
 * ```ts
 * import { Latch, latchStarting } from '@x/async';
 *
 * const latch = new Latch();
 * const ready = latch.waitStarted(); // tells it to start
 * console.log(latch.state === latchStarting);
 * latch.started(); // says whoever runs what the latch stands for
 * await ready;
 * // Output:
 * // true
 * ```
 *
 * Source: blend/go-sdk async LatchStarting
 */
export const latchStarting = 1;
/**
 * Means `resuming`: it has been told to go on after a pause.
 *
 * @example
 * ```ts
 * import { latchResuming, Queue } from '@x/async';
 *
 * const queue = new Queue(() => {});
 * await queue.start();
 * queue.pause();
 * queue.resume();
 * console.log(queue.state === latchResuming); // until the next item starts
 * await queue.stop();
 * // Output:
 * // true
 * ```
 *
 * Source: blend/go-sdk async LatchResuming
 */
export const latchResuming = 2;
/**
 * Means `started`: it has started.
 *
 * @example
 * ```ts
 * import { Interval, latchStarted } from '@x/async';
 *
 * const blink = new Interval(() => console.log('on'), 100);
 * const toggle = () => (blink.state === latchStarted ? blink.stop() : blink.start());
 * await toggle();
 * console.log(blink.state === latchStarted);
 * await toggle();
 * console.log(blink.state === latchStarted);
 * // Output:
 * // true
 * // false
 * ```
 *
 * Source: blend/go-sdk async LatchStarted
 */
export const latchStarted = 3;
/**
 * Means `active`: it is at work again after a pause.
 *
 * @example
 * ```ts
 * import { latchActive, latchStarted, Queue } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page));
 * await queue.start();
 * console.log(queue.state === latchStarted); // so it stays as long as nobody pauses it
 * queue.pause();
 * queue.resume();
 * await queue.submit('a page');
 * console.log(queue.state === latchActive);
 * await queue.stop();
 * // Output:
 * // true
 * // a page
 * // true
 * ```
 *
 * Source: blend/go-sdk async LatchActive
 */
export const latchActive = 4;
/**
 * Means `pausing`: it has been told to pause.
 *
 * @example
 * ```ts
 * import { latchPausing, Queue } from '@x/async';
 *
 * const queue: Queue<string> = new Queue((page) => {
 *   queue.pause(); // until somebody has looked at this page
 *   console.log(page, queue.state === latchPausing); // as long as the action runs
 * });
 * await queue.start();
 * await queue.submit('a page');
 * await queue.close();
 * // Output:
 * // a page true
 * ```
 *
 * Source: blend/go-sdk async LatchPausing
 */
export const latchPausing = 5;
/**
 * Means `paused`: it has paused.
 *
 * @example
 * ```ts
 * import { latchPaused, Queue } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page));
 * await queue.start();
 * queue.pause();
 * await queue.enqueue('a page'); // waits
 * if (queue.state === latchPaused) queue.resume();
 * await queue.idle();
 * await queue.stop();
 * // Output:
 * // a page
 * ```
 *
 * Source: blend/go-sdk async LatchPaused
 */
export const latchPaused = 6;
/**
 * Means `stopping`: it has been told to stop.
 *
 * @example
 * ```ts
 * import { latchStopping, Queue } from '@x/async';
 *
 * const queue: Queue<string> = new Queue((page) => {
 *   console.log(page, queue.state === latchStopping ? 'at the end' : 'in time');
 * });
 * await queue.start();
 * await queue.submit('a');
 * queue.tryEnqueue('b');
 * await queue.stop();
 * // Output:
 * // a in time
 * // b at the end
 * ```
 *
 * Source: blend/go-sdk async LatchStopping
 */
export const latchStopping = 7;

const names = ['stopped', 'starting', 'resuming', 'started', 'active', 'pausing', 'paused', 'stopping'];

/** The word for a state in messages. */
export function stateName(state: LatchState): string {
  return names[state] as string;
}
