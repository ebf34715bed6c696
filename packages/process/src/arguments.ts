// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.
// The types are compared where they are known: with a type and a name as arguments to be compared and put together, to check took a third of the time
// in which a process is made.

import { label } from './errors.js';

/** What an argument is of, whose name messages say if it has one. */
type Named = { readonly name?: string | undefined };

export function check(
  ok: unknown,
  expected: string,
  value: unknown,
  of?: Named,
  Type: new (message: string) => Error = TypeError,
): asserts ok {
  if (ok) return;
  const whose = of?.name === undefined ? '' : `${label(of.name)}: `;
  // Runs no code of the user's: no `toString`, no getter.
  throw new Type(`${whose}${expected}, got ${typeof value}${Object(value) === value ? '' : ` ${String(value)}`}`);
}

export function checkFunction(value: unknown, of?: Named): void {
  check(typeof value === 'function', 'fn must be of type function', value, of);
}

export function checkName(value: unknown): void {
  check(value === undefined || typeof value === 'string', 'name must be of type string', value);
}

/** A number that is not `NaN` and at least `least`. */
export function checkNumber(name: string, value: unknown, least: number, of?: Named): void {
  check(typeof value === 'number', `${name} must be of type number`, value, of);
  check(value >= least, `${name} must be from ${least}`, value, of, RangeError);
}

/** The key by which all copies of this package know a process. What it stands for may never change. */
export const PROCESS: unique symbol = Symbol.for('@x/process/1');

/** A parent or a signal in the place of options would go unnoticed. */
export function checkOptions(value: unknown, of?: Named): void {
  check(
    value === undefined || (typeof value === 'object' && value && !(PROCESS in value || 'addEventListener' in value)),
    'options must be an object of options',
    value,
    of,
  );
}

export function checkProcess(name: string, value: unknown, of?: Named): void {
  check((value as { [PROCESS]?: true } | null | undefined)?.[PROCESS], `${name} must be of type Process`, value, of);
}
