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
  /** The act that this one continues later: its reason is the reason. */
  readonly #origin: Closing | undefined;
  #reason: unknown;

  constructor(name: string | undefined, reason?: unknown, origin?: Closing) {
    this.#name = name;
    this.#reason = reason;
    this.#origin = origin;
  }

  /** Made when somebody asks for it: a DOMException with its stack is expensive. */
  get reason(): unknown {
    if (this.#origin) return this.#origin.reason;
    return (this.#reason ??= new DOMException(`${label(this.#name)} is closing`, 'AbortError'));
  }

  /** Whether anybody can have seen the reason. */
  get seen(): boolean {
    return (this.#origin ?? this).#reason !== undefined;
  }

  /** The same act, reaching further processes now. */
  later(): Closing {
    return new Closing(undefined, undefined, this.#origin ?? this);
  }
}
