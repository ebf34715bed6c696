// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** A type, and which of its values: `'number >= 0'`, or a list as in `'string: together, sequential'`. */
type Rule = 'function' | 'object' | 'string' | 'number >= 0' | `string: ${string}`;

/** Throws when a field of the object breaks its rule: a TypeError for another type, a RangeError for a wrong value. */
export function check(object: object, rules: Record<string, Rule>, optional?: boolean): void {
  for (const name in rules) {
    const rule = rules[name] as Rule;
    const value = (object as Record<string, unknown>)[name];
    const [type, ...values] = rule.split(/[^\w-]+/);
    const fits = typeof value === type;
    const isRight = type === 'number' ? (value as number) >= 0 : !values[0] || values.includes(value as string);
    if ((optional && value === undefined) || (fits && isRight)) continue;
    // Runs no code of the user's: no `toString`, no getter.
    const got = Object(value) === value ? typeof value : String(value);
    throw new (fits ? RangeError : TypeError)(`${name} must be a ${rule}, got ${got}`);
  }
}
