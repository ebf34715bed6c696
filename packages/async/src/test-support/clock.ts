import { jest } from '@jest/globals';

const { setImmediate: nextTurn, performance: platform } = globalThis;

// The package takes the platform's clock when it is loaded: a file of tests that sets the time imports this one before.
let set: Pick<Clock, 'steady'> | undefined;
const use = (clock: typeof set): void => void (set = clock);
/** It never goes back. */
let ahead = 0;
const performance = { now: () => set?.steady ?? platform.now() + ahead };
Object.defineProperty(globalThis, 'performance', { value: performance, configurable: true, writable: true });

/** Both clocks, for a test that says itself how long things take; counts the turns of the event loop until it is stopped. */
export class Clock {
  now = 1_000_000;
  readonly #begin = Math.ceil(performance.now()) - this.now;
  /** How many turns there were. */
  turn = 0;
  /** How many actions were called in each. */
  turns: number[] = [];
  /** The longest time between two of them. */
  gap = 0;
  #counts = true;
  #last: number = this.now;

  constructor() {
    jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(this.now));
    use(this);
    nextTurn(this.#next);
  }

  get steady(): number {
    return this.#begin + this.now;
  }

  readonly #next = (): void => {
    this.turn++;
    this.gap = Math.max(this.gap, this.now - this.#last);
    this.#last = this.now;
    if (this.#counts) nextTurn(this.#next);
  };

  /** In an action: it takes so many milliseconds. */
  takes(ms: number): void {
    this.now += ms;
    this.turns[this.turn] = (this.turns[this.turn] ?? 0) + 1;
  }

  /** How many actions were called in one turn, at the most. */
  get most(): number {
    return Math.max(0, ...[...this.turns].map((items = 0) => items));
  }

  stop(): void {
    this.#counts = false;
    if (set) ahead = this.steady - platform.now();
    use(undefined);
    jest.restoreAllMocks();
  }
}

/** How many turns of the event loop somebody waits for. */
export function awaitedTurns(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length;
}
