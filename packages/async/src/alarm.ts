const { clearTimeout: clearReal } = globalThis;

/**
 * Rings once, unless it is cancelled. What sets timers and what clears them may be replaced meanwhile, as by fake timers or by
 * who watches them. A real timer is cleared by what is real, since it keeps the program up. One of fake timers that have gone is only
 * not heard any more: those of Node clear another in its place.
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
    if (clear === clearReal || (clear === clearTimeout && this.#date === Date)) clear(this.#timer);
  }

  /** Whether it may never ring: what has set it has been replaced, or the clock, as where fake timers are set a second time in one function. */
  isLost(): boolean {
    return this.#setTimer !== setTimeout || this.#date !== Date;
  }
}
