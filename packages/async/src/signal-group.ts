import { check, signalOf } from './arguments.js';
import type { WaitOptions } from './latch.js';
import { Waiters } from './waiters.js';

/**
 * Counts what is in flight, and tells when the count is zero: a wait group that can be awaited.
 *
 * `wait` resolves when the count is zero, or at once if it is zero already. A group can be used again after that.
 *
 * @example
 * ```ts
 * import { SignalGroup } from '@x/async';
 *
 * const group = new SignalGroup();
 * group.add(2);
 * queueMicrotask(() => group.done());
 * queueMicrotask(() => group.done());
 * await group.wait();
 * ```
 * @throws RangeError when the count would go below zero; TypeError or RangeError when `n` is not a whole number.
 *
 * Source: blend/go-sdk async SignalGroup
 */
export class SignalGroup {
  #count = 0;
  readonly #waiting = new Waiters();

  /** Adds to the count; a negative number subtracts. */
  add(n: number): void {
    check(Number.isInteger(n), 'n', 'a whole number', n, true);
    if (this.#count + n < 0) throw new RangeError(`SignalGroup cannot go below zero: ${this.#count} and ${n}`);
    this.#count += n;
    if (this.#count === 0) this.#waiting.tell();
  }

  /** Subtracts one from the count. */
  done(): void {
    this.add(-1);
  }

  /**
   * Resolves when the count is zero, for every waiter.
   *
   * @throws (as a rejection) the reason of the signal.
   */
  async wait(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
    if (this.#count === 0) return;
    await this.#waiting.wait(signal);
  }
}
