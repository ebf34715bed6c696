/** A record as `JSON.stringify` writes it, item by item of the lists in it. @param indent how many spaces; none for a single line */
export function* jsonOf(record: Readonly<Record<string, unknown>>, indent = 0): Generator<string> {
  const line = (depth: number): string => (indent === 0 ? '' : `\n${' '.repeat(indent * depth)}`);
  // No line ends within a string.
  const text = (value: unknown, depth: number): string =>
    JSON.stringify(value, null, indent).replaceAll('\n', line(depth));
  let before = '{';
  for (const [key, value] of Object.entries(record)) {
    yield `${before}${line(1)}${JSON.stringify(key)}:${indent === 0 ? '' : ' '}`;
    before = ',';
    if (!Array.isArray(value) || value.length === 0) {
      yield text(value, 1);
      continue;
    }
    for (const [at, item] of value.entries()) yield `${at === 0 ? '[' : ','}${line(2)}${text(item, 2)}`;
    yield `${line(1)}]`;
  }
  yield `${line(0)}}`;
}
