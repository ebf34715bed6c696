import type { Actor } from './actor.js';

/** The actor of `go`. */
export class Worker implements Actor {
  readonly name: string | undefined;
  /** Of the last run. */
  controller: AbortController | undefined;
  readonly #work: (signal: AbortSignal) => unknown;

  constructor(work: (signal: AbortSignal) => unknown, name: string | undefined) {
    this.name = name;
    this.#work = work;
  }

  execute(): unknown {
    const work = this.#work;
    return work((this.controller = new AbortController()).signal);
  }

  interrupt(reason: unknown): void {
    this.controller?.abort(reason);
  }
}
