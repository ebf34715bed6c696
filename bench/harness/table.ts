// The table that a run prints.
import type { Case, Row, Spread, Unit } from './record.js';

/** Two or three digits that mean something. */
const digits = (value: number): string =>
  value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(value < 1 ? 2 : 3);

const quantity = (value: number, unit: Unit): string =>
  unit === 'depth' ? value.toLocaleString('en') : `${digits(value)} ${unit === 'bytes' ? 'B' : unit}`;

const range = ({ low, high }: Spread): string => `${digits(low)}-${digits(high)}`;

export function print({ title, unit, rows, growth }: Case): void {
  const ours = rows
    .filter(({ name, role }) => role === 'ours' && rows.some(({ ratios }) => ratios[name] !== undefined))
    .map(({ name }) => name);
  const table = [
    ['', 'rounds', 'median', 'quartiles', ...ours.map((name) => `${name} / it`)],
    ...rows.map((row) => [label(row), ...cells(row, unit, row.role === 'ours' ? [] : ours)]),
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  console.log(`\n${title}`);
  for (const line of table)
    console.log(
      `  ${line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd()}`,
    );
  if (growth !== undefined) {
    console.log(`  an item at ${growth.sizes.map((n) => n.toLocaleString('en')).join(', ')}, in microseconds:`);
    for (const [name, medians] of Object.entries(growth.medians)) {
      const times = medians.map((time, step) =>
        time === undefined ? '-' : digits((time / (growth.sizes[step] ?? NaN)) * 1000),
      );
      const factor = growth.factors[name];
      console.log(
        `    ${name.padEnd(widths[0] ?? 0)}  ${times.join('  ')}${factor === undefined ? '' : `  x ${digits(factor)}`}`,
      );
    }
  }
}

/** Says which targets are met. What is tiny proves that a file runs, and nothing about speed. */
export function printTargets({ targets }: Case): void {
  if (process.env['BENCH_MODE'] === 'tiny') return;
  for (const { text, found, met } of targets)
    console.log(`  ${met ? 'met   ' : 'MISSED'}  ${text}: ${found === undefined ? 'not found' : digits(found)}`);
}

const label = ({ name, role }: Row): string => (role === 'peer' ? name : `${name} (${role})`);

function cells({ rounds, value, ratios, remark }: Row, unit: Unit, ours: string[]): string[] {
  if (value === undefined) return [String(rounds), remark ?? ''];
  if (unit === 'depth') return [String(rounds), quantity(value.median, unit), remark ?? ''];
  return [
    String(rounds),
    quantity(value.median, unit),
    range(value),
    ...ours.map((name) => {
      const ratio = ratios[name];
      return ratio === undefined || Number.isNaN(ratio.median) ? '' : `${digits(ratio.median)} (${range(ratio)})`;
    }),
  ];
}
