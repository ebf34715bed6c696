const BRAND: unique symbol = Symbol.for('@x/abort/SignalError');

/**
 * Tells which operating-system signal asked the program to stop: the reason of an abort.
 *
 * `instanceof` and `code` recognise it across two copies of this package.
 *
 * @example
 * ```ts
 * import { SignalError } from '@x/abort/node';
 *
 * const error = new SignalError('SIGTERM', 143);
 * console.log(error.code, error.signal, error.exitCode, error.message);
 * // Output:
 * // ERR_SIGNAL SIGTERM 143 received SIGTERM
 * ```
 *
 * Source: oklog/run SignalError
 */
export class SignalError extends Error {
  /** Recognises the instances of every copy of the package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass asks for its own instances, as any class does.
    return this === SignalError ? BRAND in Object(value) : super[Symbol.hasInstance](value);
  }

  /** The name of its class. */
  override readonly name: string = 'SignalError';
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code = 'ERR_SIGNAL';
  /** The name of the signal. */
  readonly signal: NodeJS.Signals;
  /** The exit status that is usual for a program that this signal ends: 128 plus the signal's number. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, exitCode: number) {
    super(`received ${signal}`);
    this.signal = signal;
    this.exitCode = exitCode;
  }
}

// On the prototype, where it does not show when the error is printed.
Object.defineProperty(SignalError.prototype, BRAND, { value: true });
