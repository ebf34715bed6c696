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

export function checkFunction(name: string, value: unknown): void {
  check(typeof value === 'function', name, 'a function', value);
}

/** A limit that may be left out; `Infinity` is none, too. */
export function checkLimit(name: string, value: unknown): void {
  if (value === undefined) return;
  check(typeof value === 'number', name, 'milliseconds', value);
  check(value >= 0, name, 'zero or more milliseconds', value, RangeError);
}

/** A name that may be left out. */
export function checkName(value: unknown): void {
  check(value === undefined || typeof value === 'string', 'name', 'a string', value);
}
