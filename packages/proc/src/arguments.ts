// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** Prints any value without running code of the user's: no `toString`, no getter. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Object(value) === value ? `[${typeof value}]` : String(value);
}

export function check(name: string, value: unknown, type: 'function' | 'string' | 'number' | 'object'): void {
  if (typeof value !== type || value === null) {
    throw new TypeError(`${name} must be ${type}, got ${show(value)}`);
  }
}

export function checkEach(procs: readonly unknown[]): void {
  procs.forEach((proc, index) => check(`procs[${index}]`, proc, 'function'));
}

/** Whether it is a signal is left to those who use it: it is only missing that happens. */
export function checkSignal(signal: unknown): void {
  check('signal', signal, 'object');
}

/** A number, and one from `least` to `most`. */
export function checkNumber(name: string, value: number, least = 0, most = Infinity): void {
  check(name, value, 'number');
  if (!(value >= least && value <= most)) {
    throw new RangeError(`${name} must be from ${least} to ${most}, got ${value}`);
  }
}
