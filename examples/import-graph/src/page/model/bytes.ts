const units = ['kB', 'MB', 'GB', 'TB'];

/** A number of bytes for a reader: three digits at most where there is a unit, `1.02 kB`, `10.2 kB`, `102 kB`. */
export function inBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // What would be rounded to 1000 is 1.00 of the next.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}
