// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** Throws a RangeError for a wrong number where one is expected, a TypeError for anything else. */
export function check(right: unknown, name: string, expected: string, value: unknown, numeric?: boolean): void {
  if (right) return;
  // Shown without running code of the user's: no `toString`, no getter.
  const message = `${name} must be ${expected}, got ${Object(value) === value ? typeof value : String(value)}`;
  throw new (numeric && typeof value === 'number' ? RangeError : TypeError)(message);
}

export function checkFunction(name: string, value: unknown, optional?: boolean): void {
  check(typeof value === 'function' || (optional && value === undefined), name, 'a function', value);
}

/** Milliseconds from 0 on, a count from 1 on, a priority from wherever. `Infinity` is a number. */
export function checkNumber(name: string, value: unknown, least: number): void {
  const whole = least === 1;
  const right = typeof value === 'number' && value >= least && (!whole || Math.floor(value) === value);
  check(right, name, `a ${whole ? 'whole ' : ''}number from ${least} on`, value, true);
}

/** By shape, not by `instanceof`: signals cross realms. */
export function checkSignal(signal: Partial<AbortSignal> | null | undefined, optional?: boolean, title = ''): void {
  const right = typeof signal?.aborted === 'boolean' && signal.addEventListener;
  check(right || (optional && signal === undefined), `${title}signal`, 'an AbortSignal', signal);
}

/** Options are an object: a signal handed over in their place would go unnoticed. The title is what messages begin with. */
export function checkOptions(value: object, title = ''): void {
  check(
    typeof value === 'object' && value !== null && !('addEventListener' in value),
    `${title}options`,
    'an object like { signal }',
    value,
  );
  checkSignal((value as { signal?: AbortSignal }).signal, true, title);
}

/** The signal of the options for one wait. Throws its reason when it has aborted. */
export function signalOf(options: { signal?: AbortSignal | undefined }, title?: string): AbortSignal | undefined {
  checkOptions(options, title);
  const { signal } = options;
  if (signal?.aborted) throw signal.reason;
  return signal;
}

/** What messages about the arguments of a thing begin with: what it is called and a colon, when it has a name. */
export function prefixOf(kind: string, options: { name?: string | undefined } | null): string {
  const name = options?.name;
  check(name === undefined || typeof name === 'string', 'name', 'a string', name);
  return name === undefined ? '' : `${kind} "${name}": `;
}
