// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

export function check(
  name: string,
  value: unknown,
  expected: string,
  right: unknown = typeof value === expected && value !== null,
  Type: new (message: string) => Error = TypeError,
): void {
  if (!right)
    throw new Type(`${name} must be ${expected}, got ${Object(value) === value ? typeof value : String(value)}`);
}

export function checkEach(procs: readonly unknown[]): void {
  procs.forEach((proc, index) => {
    // To name each would be felt.
    if (typeof proc !== 'function') check(`procs[${index}]`, proc, 'function');
  });
}

/** By shape, not by `instanceof`: signals cross realms. */
export function checkSignal(signal: unknown): void {
  // A controller may have `aborted`, too, an event target the other.
  const target = signal as Partial<AbortSignal> | null | undefined;
  check('signal', signal, 'AbortSignal', typeof target?.aborted === 'boolean' && target.addEventListener);
}

/** A number, and one from `least` to `most`. */
export function checkNumber(name: string, value: number, least = 0, most = Infinity): void {
  check(name, value, 'number');
  check(name, value, `from ${least} to ${most}`, value >= least && value <= most, RangeError);
}
