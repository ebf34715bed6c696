// Bad input is told at the call, before anything has happened, with the name of the argument and the value it got.

/** A type, and which of its values: a list as in `'string: together, sequential'`. */
type Rule = 'function' | 'object' | 'string' | 'number >= 0' | `string: ${string}`;

/** What a value says, whatever it is; for what cannot say it, its type. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** Throws when a field of the object breaks its rule: a TypeError for another type, a RangeError for a wrong value. The message says the object's name. */
export function check<T extends object>(
  object: T & { name?: unknown },
  rules: { [Key in keyof T]?: Rule },
  optional?: boolean,
): void {
  for (const key in rules) {
    const rule = rules[key]!;
    const value: unknown = object[key];
    const type = value === null ? 'null' : typeof value;
    // Most are right, and a group may have very many actors.
    const ok =
      type === rule ||
      (optional && value === undefined) ||
      (type === 'number' && rule.startsWith(type) && (value as number) >= 0) ||
      rule.split(/[:,] /).indexOf(value as string) > 0;
    if (!ok)
      throw new (rule.startsWith(type) ? RangeError : TypeError)(
        `${typeof object.name === 'string' ? `${object.name}: ` : ''}${key} must be ${rule}, got ${textOf(value)}`,
      );
  }
}
