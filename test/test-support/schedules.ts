// Random schedules: fast-check chooses who goes on next, and how many microtasks later.
import fc from 'fast-check';

export const never: AbortSignal = new AbortController().signal;
/** Between 0 and 3 turns of a schedule. */
export const turns: fc.Arbitrary<number> = fc.nat(3);
export const few = <T>(each: fc.Arbitrary<T>, minLength = 1): fc.Arbitrary<T[]> =>
  fc.array(each, { minLength, maxLength: Math.max(6, minLength) });

export class Schedule {
  readonly #scheduler: fc.Scheduler;
  readonly #gaps: number[];

  constructor(scheduler: fc.Scheduler, gaps: number[]) {
    this.#scheduler = scheduler;
    this.#gaps = gaps;
  }

  /** So many turns: each ends when the schedule comes to it. */
  async steps(count: number): Promise<void> {
    for (let step = 0; step < count; step++) await this.#scheduler.schedule(Promise.resolve());
  }

  /**
   * Plays the schedule until the promise settles. The scheduler's own `waitFor` lets everything come to rest between two turns; here the gaps are
   * random, so that two things can also end in the same microtask or in neighbouring ones.
   */
  async play<T>(promise: PromiseLike<T>): Promise<T> {
    let settled = false;
    const over = (): void => void (settled = true);
    promise.then(over, over);
    for (let turn = 0, idle = 0; !settled; turn++) {
      if (this.#scheduler.count() > 0) {
        void this.#scheduler.waitOne();
        idle = 0;
      } else if (++idle > 20) {
        // What comes next is not of the schedule.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const gap = this.#gaps[turn % this.#gaps.length] as number;
      for (let tick = idle > 0 ? 1 : gap; tick > 0; tick--) await Promise.resolve();
    }
    return promise;
  }

  /** As `play`, with timers that end when the schedule comes to them, whatever time they were given. */
  async playTimers<T>(begin: () => PromiseLike<T>): Promise<T> {
    const { setTimeout, clearTimeout } = globalThis;
    const live = new Set<unknown>();
    const set = (callback: (...args: unknown[]) => void, _ms?: number, ...args: unknown[]): unknown => {
      const timer = { ref: () => timer, unref: () => timer };
      live.add(timer);
      void this.steps(1).then(() => live.delete(timer) && callback(...args));
      return timer;
    };
    globalThis.setTimeout = set as typeof setTimeout;
    globalThis.clearTimeout = (timer: unknown) => void live.delete(timer);
    try {
      return await this.play(begin());
    } finally {
      globalThis.setTimeout = setTimeout;
      globalThis.clearTimeout = clearTimeout;
    }
  }

  /** Plays what is left of it. */
  async playOut(): Promise<void> {
    for (let idle = 0; idle < 20; idle++) {
      if (this.#scheduler.count() > 0) {
        void this.#scheduler.waitOne();
        idle = 0;
      }
      await Promise.resolve();
    }
  }

  /** What fast-check does with values that change while they are used, when it makes a failure smaller. */
  [fc.cloneMethod](): Schedule {
    return new Schedule(
      (this.#scheduler as fc.Scheduler & fc.WithCloneMethod<fc.Scheduler>)[fc.cloneMethod](),
      this.#gaps,
    );
  }

  [fc.toStringMethod](): string {
    return `${fc.stringify(this.#scheduler)}, gaps ${this.#gaps.join(' ')}`;
  }
}

export const schedules: fc.Arbitrary<Schedule> = fc
  .tuple(fc.scheduler(), fc.array(fc.constantFrom(0, 0, 1, 1, 2, 3, 4, 6, 10, 50), { minLength: 1, maxLength: 8 }))
  .map(([scheduler, gaps]) => new Schedule(scheduler, gaps));
