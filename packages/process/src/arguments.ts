// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** Prints any value without running code of the user's: no `toString`, no getter. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Object(value) === value ? `[${typeof value}]` : String(value);
}

export function checkType(name: string, value: unknown, type: 'function' | 'string' | 'number'): void {
  if (typeof value !== type) throw new TypeError(`${name} must be a ${type}, got ${show(value)}`);
}

/** A number that is not `NaN` and at least `least`. */
export function checkNumber(name: string, value: unknown, least: number): void {
  checkType(name, value, 'number');
  if (!((value as number) >= least)) throw new RangeError(`${name} must be ${least} or more, got ${show(value)}`);
}

/** The key by which all copies of this package know a process. What it stands for may never change. */
export const PROCESS: unique symbol = Symbol.for('@x/process/1');

export function checkProcess(name: string, value: unknown): void {
  if (!(value as { [PROCESS]?: true } | null | undefined)?.[PROCESS]) {
    throw new TypeError(`${name} must be a Process, got ${show(value)}`);
  }
}
