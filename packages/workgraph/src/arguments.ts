// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** Prints any value without running code of the user's: no `toString`, no getter. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Throws unless the condition holds. */
export function check(holds: boolean, name: string, expected: string, value: unknown): asserts holds {
  if (!holds) throw new TypeError(`${name} must be ${expected}, got ${show(value)}`);
}

export function checkFunction(name: string, value: unknown): void {
  check(typeof value === 'function', name, 'a function', value);
}

/** Options are an object or left out: a signal handed over in their place would go unnoticed. */
export function checkOptions(value: unknown): void {
  if (value === undefined || value === null) return;
  check(typeof value === 'object' && !('aborted' in value), 'options', 'an object such as { name }', value);
}

export function checkName(value: unknown): void {
  check(value === undefined || typeof value === 'string', 'name', 'a string', value);
}

/** By shape, not by `instanceof`: signals cross realms. */
export function checkSignal(value: unknown): void {
  const signal = value as AbortSignal | null | undefined;
  check(
    signal === undefined || (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'),
    'signal',
    'an AbortSignal',
    value,
  );
}
