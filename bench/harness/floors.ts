// The floors: what one would write by hand for the one case at hand, without options, errors or a way to stop.

type Action = (item: number) => unknown;

/** A queue with one promise for each item: the least that can give every item its result. */
export class MinimalQueue {
  readonly #action: (item: number) => Promise<number>;
  readonly #parallelism: number;
  #waiting: { item: number; resolve: (result: number) => void; reject: (error: unknown) => void }[] = [];
  #head = 0;
  #running = 0;

  constructor(action: (item: number) => Promise<number>, parallelism: number) {
    this.#action = action;
    this.#parallelism = parallelism;
  }

  submit(item: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < this.#parallelism && this.#head < this.#waiting.length) {
      const job = this.#waiting[this.#head++];
      if (job === undefined) return;
      this.#running += 1;
      this.#action(job.item).then(
        (result) => {
          this.#running -= 1;
          job.resolve(result);
          this.#next();
        },
        (error: unknown) => {
          this.#running -= 1;
          job.reject(error);
          this.#next();
        },
      );
    }
  }
}

/** As many loops as may run at once, each taking the next item when it has ended one. */
export async function loops(items: readonly number[], parallelism: number, action: Action): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < items.length) await action(items[next++] as number);
  };
  await Promise.all(Array.from({ length: parallelism }, loop));
}
