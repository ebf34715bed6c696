// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.
// The types are compared where they are known: with a type and a name as arguments to be compared and put together, to check took a third of the time
// in which a process is made.

export function check(
  ok: unknown,
  expected: string,
  value: unknown,
  Type: new (message: string) => Error = TypeError,
): asserts ok {
  // Runs no code of the user's: no `toString`, no getter.
  if (!ok) throw new Type(`${expected}, got ${typeof value}${Object(value) === value ? '' : ` ${String(value)}`}`);
}

export function checkFunction(value: unknown): void {
  check(typeof value === 'function', 'fn must be of type function', value);
}

export function checkName(value: unknown): void {
  check(value === undefined || typeof value === 'string', 'name must be of type string', value);
}

export function checkOptions(value: unknown): void {
  check(value === undefined || (typeof value === 'object' && value), 'options must be of type object', value);
}

/** A number that is not `NaN` and at least `least`. */
export function checkNumber(name: string, value: unknown, least: number): void {
  check(typeof value === 'number', `${name} must be of type number`, value);
  check(value >= least, `${name} must be from ${least}`, value, RangeError);
}

/** The key by which all copies of this package know a process. What it stands for may never change. */
export const PROCESS: unique symbol = Symbol.for('@x/process/1');

export function checkProcess(name: string, value: unknown): void {
  check((value as { [PROCESS]?: true } | null | undefined)?.[PROCESS], `${name} must be of type Process`, value);
}
