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

/** A value of a type; null is of none. It may be left out if that is said. */
export function checkType(name: string, value: unknown, type: string, optional?: boolean): void {
  const right = value === undefined ? optional : typeof value === type && value !== null;
  check(right, `${name} must be of type ${type}`, value);
}

export function checkFunction(value: unknown): void {
  checkType('fn', value, 'function');
}

/** A number that is not `NaN` and at least `least`. */
export function checkNumber(name: string, value: unknown, least: number): void {
  checkType(name, value, 'number');
  check((value as number) >= least, `${name} must be from ${least}`, value, RangeError);
}

/** The key by which all copies of this package know a process. What it stands for may never change. */
export const PROCESS: unique symbol = Symbol.for('@x/process/1');

export function checkProcess(name: string, value: unknown): void {
  check((value as { [PROCESS]?: true } | null | undefined)?.[PROCESS], `${name} must be of type Process`, value);
}
