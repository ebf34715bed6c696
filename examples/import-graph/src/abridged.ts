/** How many names of a long cycle are shown: the first, and the last. */
const first = 6;
const last = 3;

/** What is shown of a cycle: all of it, unless nobody would read that. */
export function abridged(names: readonly string[]): readonly string[] {
  const left = names.length - first - last;
  if (left <= first) return names;
  return [...names.slice(0, first), `... ${left.toLocaleString('en')} more ...`, ...names.slice(-last)];
}
