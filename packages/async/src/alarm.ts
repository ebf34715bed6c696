/**
 * Rings once, unless it is cancelled, for which it keeps what clears it: what sets timers and what clears them may be replaced
 * meanwhile, as by fake timers or by who watches them, and then clears none that was set before.
 */
export class Alarm {
  readonly #setTimer: typeof setTimeout = setTimeout;
  readonly #date: typeof Date = Date;
  readonly cancel: () => void;

  constructor(ms: number, ring: () => void) {
    const clear = clearTimeout;
    const timer = setTimeout(ring, ms);
    this.cancel = () => clear(timer);
  }

  /** Whether it may never ring: what has set it has been replaced, or the clock, as where fake timers are set a second time in one function. */
  isLost(): boolean {
    return this.#setTimer !== setTimeout || this.#date !== Date;
  }
}
