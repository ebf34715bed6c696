// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

type ErrorType = new (message: string) => Error;

export function fail(name: string, expected: string, value: unknown, Type: ErrorType = TypeError): never {
  // Runs no code of the user's: no `toString`, no getter.
  throw new Type(`${name} must be ${expected}, got ${typeof value} ${Object(value) === value ? '' : String(value)}`);
}

/** By shape, not by `instanceof`: signals cross realms. */
export function checkSignal(name: string, value: unknown): asserts value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null | undefined;
  if (typeof signal?.aborted !== 'boolean' || !signal.addEventListener) fail(name, 'an AbortSignal', value);
}

/** The signals in a list whose gaps are skipped. */
export function checkSignals(name: string, values: readonly unknown[]): AbortSignal[] {
  return values.filter(
    (value): value is AbortSignal => value !== undefined && value !== null && (checkSignal(name, value), true),
  );
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') fail(name, 'a function', value);
}

/** A number that is not `NaN` and at least `least`; `Infinity` is one. */
export function checkNumber(
  name: string,
  value: unknown,
  expected = 'zero or more milliseconds',
  least = 0,
): asserts value is number {
  if (typeof value !== 'number') fail(name, expected, value);
  if (!(value >= least)) fail(name, expected, value, RangeError);
}
