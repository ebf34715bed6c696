// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** What a field may be: a type, or one of some strings. A number is a limit: zero or more. */
export type Rule = 'string' | 'function' | 'object' | 'number' | readonly string[];

/** Throws when a field of the object breaks its rule: a TypeError for another type, a RangeError for a wrong value. */
export function check(object: object, rules: Record<string, Rule>, optional?: boolean): void {
  for (const name in rules) {
    const rule = rules[name] as Rule;
    const value = (object as Record<string, unknown>)[name];
    const type = typeof value;
    const choices = Array.isArray(rule);
    const fits = type === (choices ? 'string' : rule);
    const isRight = choices ? rule.includes(value as string) : type !== 'number' || (value as number) >= 0;
    if ((optional && value === undefined) || (fits && isRight)) continue;
    // Runs no code of the user's: no `toString`, no getter.
    const got = Object(value) === value ? type : String(value);
    const expected = choices ? rule.join(' or ') : fits ? 'zero or more' : `a ${rule as string}`;
    throw new (fits ? RangeError : TypeError)(`${name} must be ${expected}, got ${got}`);
  }
}
