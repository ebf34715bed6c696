// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** Prints any value without running code of the user's: no `toString`, no getter. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return Object(value) === value ? 'an object' : String(value);
}

/**
 * Throws a TypeError unless the condition holds.
 *
 * @param of the name of what the argument is of, if it has one
 */
export function check(holds: unknown, name: string, expected: string, value: unknown, of?: unknown): asserts holds {
  if (!holds)
    throw new TypeError(`${typeof of === 'string' ? `${of}: ` : ''}${name} must be ${expected}, got ${show(value)}`);
}

export function checkFunction(name: string, value: unknown): void {
  check(typeof value === 'function', name, 'a function', value);
}

/** Throws the reason of a signal that has aborted. */
export function unlessAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

const none = {};

/** Checks the options that all have in common, and gives them. Signals are known by their shape: they cross realms. */
export function read<O extends { name?: unknown; signal?: AbortSignal | undefined }>(
  options: O | undefined,
  named = 'string',
): Partial<O> {
  if (options === undefined) return none;
  // A signal or a resolver in the place of options would go unnoticed; a controller has them, a `signal`.
  check(
    typeof options === 'object' && options && !('addEventListener' in options || 'containedResolvers' in options),
    'options',
    'an object of options',
    options,
  );
  const { name, signal } = options;
  check(name === undefined || typeof name === named, 'name', `a ${named}`, name);
  const isSignal = typeof signal?.aborted === 'boolean' && signal.addEventListener;
  check(signal === undefined || isSignal, 'signal', 'an AbortSignal', signal, name);
  return options;
}
