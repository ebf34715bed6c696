/** Lets so many pieces of work run at once, the others in the order in which they came. */
export class Limit {
  readonly #size: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#size) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#handOver();
    }
  }

  /** The place of who is done is the place of who came first. */
  #handOver(): void {
    const next = this.#waiting[this.#next];
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#next++;
    // Not one by one: each would move all the others.
    if (this.#next > 1000) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    next();
  }
}
