import { label } from './errors.js';

/** Tenths of a second on the platform's clock: fits a small integer for years, which a double would not. */
export function now(): number {
  return (performance.now() / 100) | 0;
}

let turn: number | undefined;

/** The same as `now` the whole turn long: to ask the clock costs more than to make a process. */
export function turnNow(): number {
  if (turn === undefined) {
    turn = now();
    // Not `queueMicrotask`, which fake timers replace.
    void Promise.resolve().then(() => (turn = undefined));
  }
  return turn;
}

/** One act of closing, shared by all processes that it reaches: when it was, and the reason of their signals. */
export class Closing {
  readonly since: number = now();
  readonly #name: string | undefined;
  #reason: unknown;

  constructor(name?: string, reason?: unknown) {
    this.#name = name;
    this.#reason = reason;
  }

  /** Made when somebody asks for it: a DOMException with its stack is expensive. */
  get reason(): unknown {
    // Null is a reason, too.
    if (this.#reason === undefined) this.#reason = abortError(this.#name, 'is closing');
    return this.#reason;
  }
}

export function abortError(name: string | undefined, what: string): DOMException {
  return new DOMException(`${label(name)} ${what}`, 'AbortError');
}
