// The package takes the real time when it is loaded: a file of tests that says itself what that is imports this one before.

const { setImmediate: nextTurn } = globalThis;
const { now } = Date;

let set: Pick<Clock, 'now'> | undefined;
const use = (clock: typeof set): void => void (set = clock);
Date.now = () => Math.floor(set?.now ?? now());

/** For a test that says itself how long things take; counts the turns of the event loop until it is stopped. */
export class Clock {
  now = 1_000_000;
  /** How many turns there were. */
  turn = 0;
  /** How many actions were called in each. */
  turns: number[] = [];
  /** The longest time between two of them. */
  gap = 0;
  #counts = true;
  #last: number = this.now;

  constructor() {
    use(this);
    nextTurn(this.#next);
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
    use(undefined);
  }
}

/** How many turns of the event loop somebody waits for. */
export function awaitedTurns(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length;
}
