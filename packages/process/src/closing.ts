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

/** One act of closing, shared by all processes that it reaches. */
export interface Closing {
  /** Of the process with which it began. */
  readonly name: string | undefined;
  reason: unknown;
}

export function closingOf(name?: string, reason?: unknown): Closing {
  return { name, reason };
}

/** The reason of the signals: made when somebody asks for it, since a DOMException with its stack is expensive. */
export function reasonOf(by: Closing): unknown {
  // Null is a reason, too.
  if (by.reason === undefined) by.reason = abortError(by.name, 'is closing');
  return by.reason;
}

export function abortError(name: string | undefined, what: string): DOMException {
  return new DOMException(`${label(name)} ${what}`, 'AbortError');
}
