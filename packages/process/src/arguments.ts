// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

export function check(
  ok: unknown,
  expected: string,
  value: unknown,
  Type: new (message: string) => Error = TypeError,
): asserts ok {
  // Runs no code of the user's: no `toString`, no getter.
  if (!ok) throw new Type(`${expected}, got ${typeof value}${Object(value) === value ? '' : ` ${String(value)}`}`);
}

export function checkFunction(value: unknown, name = 'fn'): void {
  check(typeof value === 'function', `${name} must be a function`, value);
}

export function checkOptions(value: unknown): void {
  check(value === undefined || (typeof value === 'object' && value !== null), 'options must be an object', value);
}

/** A number that is not `NaN` and at least `least`. */
export function checkNumber(name: string, value: unknown, least: number): void {
  const expected = `${name} must be a number from ${least}`;
  check(typeof value === 'number', expected, value);
  check(value >= least, expected, value, RangeError);
}

/** The key by which all copies of this package know a process. What it stands for may never change. */
export const PROCESS: unique symbol = Symbol.for('@x/process/1');

export function checkProcess(name: string, value: unknown): void {
  check((value as { [PROCESS]?: true } | null | undefined)?.[PROCESS], `${name} must be a Process`, value);
}
