import type { Awaited } from './platform.js';

const { clearTimeout: clearReal } = globalThis;

/**
 * Rings once, unless it is cancelled. What sets timers and what clears them may be replaced meanwhile, as by fake timers or by
 * who watches them. A real timer is cleared by what is real, since it keeps the program up. One of fake timers that have gone is only
 * not heard any more: those of Node clear another in its place. It may be a real one all the same, whose `clearTimeout` was watched then and is not any
 * more: it keeps no program up.
 */
export class Alarm {
  readonly #setTimer: typeof setTimeout = setTimeout;
  readonly #clearTimer: typeof clearTimeout = clearTimeout;
  readonly #date: typeof Date = Date;
  readonly #timer: ReturnType<typeof setTimeout>;
  #ring: (() => void) | undefined;

  constructor(ms: number, ring: () => void) {
    this.#ring = ring;
    this.#timer = setTimeout(() => this.#ring?.(), ms);
  }

  cancel(): void {
    this.#ring = undefined;
    const clear = this.#clearTimer;
    if ((clear === clearTimeout && this.#date === Date) || clear === clearReal) clear(this.#timer);
    else (this.#timer as Awaited).unref?.();
  }

  /** Whether it may never ring: what has set it has been replaced, or the clock, as where fake timers are set a second time in one function. */
  isLost(): boolean {
    return this.#setTimer !== setTimeout || this.#date !== Date;
  }
}
