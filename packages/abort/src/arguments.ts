// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

export function check(
  ok: unknown,
  name: string,
  expected: string,
  value: unknown,
  Type: new (message: string) => Error = TypeError,
): asserts ok {
  // Runs no code of the user's: no `toString`, no getter.
  const got = Object(value) === value ? '' : ` ${String(value)}`;
  if (!ok) throw new Type(`${name} must be ${expected}, got ${typeof value}${got}`);
}

/** By shape, not by `instanceof`: signals cross realms. */
export function checkSignal(name: string, value: unknown): asserts value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null | undefined;
  check(typeof signal?.aborted === 'boolean' && signal.addEventListener, name, 'an AbortSignal', value);
}

/** The signals in a list whose gaps are skipped. */
export function checkSignals(name: string, values: readonly unknown[]): AbortSignal[] {
  return values.filter(
    (value): value is AbortSignal => value !== undefined && value !== null && (checkSignal(name, value), true),
  );
}

/** A number that is not `NaN` and at least `least`; `Infinity` is one. */
export function checkNumber(
  name: string,
  value: unknown,
  expected = 'zero or more milliseconds',
  least = 0,
): asserts value is number {
  check(typeof value === 'number', name, expected, value);
  check(value >= least, name, expected, value, RangeError);
}

/** Options that may have been left out. A signal in their place would go unnoticed; a controller has them, a `signal`. */
export function read<O>(options: O | undefined): Partial<O> {
  check(
    options === undefined || (typeof options === 'object' && options && !('addEventListener' in options)),
    'options',
    'an object of options',
    options,
  );
  return options ?? {};
}
