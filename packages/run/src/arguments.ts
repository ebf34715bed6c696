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

/** The fields of an object have a type, or are left out. */
export function checkFields(object: object, type: string, ...names: string[]): void {
  for (const name of names) {
    const value = (object as Record<string, unknown>)[name];
    check(value === undefined || typeof value === type, name, `a ${type}`, value);
  }
}

/** A limit that may be left out; `Infinity` is none, too. */
export function checkLimit(name: string, value: unknown): void {
  checkFields({ [name]: value }, 'number', name);
  check(value === undefined || (value as number) >= 0, name, 'zero or more milliseconds', value, RangeError);
}
