import { abridged } from './abridged.js';
import type { Report } from './result.js';

/** How many of each list are shown: `--json` has them all. */
const shown = 15;

/** Says in words what was found, for a person. */
export function summaryOf(report: Report): string {
  const { modules, cycles, unresolved, errors } = report;
  const edges = modules.reduce((sum, { imports }) => sum + imports.length, 0);
  const bytes = modules.reduce((sum, { size }) => sum + size, 0);
  const parts = [
    [
      printable(report.root),
      `${count(modules.length, 'module')}, ${count(edges, 'import')} between them, ${inBytes(bytes)}`,
    ],
    outsideOf(report.outside),
    heaviest(modules),
    section(`Import cycles (${cycles.length})`, rankedCycles(report), cycleLine, 'No import cycles.'),
    section(
      `Unresolved imports (${unresolved.length})`,
      unresolved,
      (each) => `${printable(each.path)}:${each.line}:${each.column}  ${printable(each.specifier)}`,
      'No unresolved imports.',
    ),
    errors.length === 0
      ? []
      : [`${count(errors.length, 'file or folder', 'files or folders')} with mistakes, named on stderr.`],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function outsideOf(outside: Report['outside']): string[] {
  if (outside.size === 0) return [];
  const sorted = [...outside].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const names = sorted.slice(0, shown).map(([name, times]) => `${printable(name)} (${times})`);
  const more = sorted.length > shown ? ` and ${sorted.length - shown} more` : '';
  return [`Imported from outside, not followed: ${names.join(', ')}${more}`];
}

function heaviest(modules: Report['modules']): string[] {
  if (modules.length === 0) return ['There is no JavaScript or TypeScript here.'];
  const sorted = [...modules].sort((a, b) => b.totalSize - a.totalSize || (a.path < b.path ? -1 : 1)).slice(0, shown);
  const row = (total: string, own: string, depth: string, path: string): string =>
    `  ${total.padStart(9)}  ${own.padStart(9)}  ${depth.padStart(5)}  ${path}`;
  return [
    'Heaviest modules, with all that they import',
    row('total', 'own', 'depth', 'module'),
    ...sorted.map((each) => row(inBytes(each.totalSize), inBytes(each.size), String(each.depth), printable(each.path))),
  ];
}

/** A cycle, and whether it is there when the program runs (0), only once it asks (1), or never (2). */
interface Ranked {
  readonly cycle: readonly string[];
  readonly rank: 0 | 1 | 2;
}

/** Those that are not there when the program runs, or not before it asks, come last. */
function rankedCycles({ modules, cycles }: Report): Ranked[] {
  const kinds = new Map<string, Set<string>>();
  for (const { path, imports } of modules) {
    for (const target of imports) {
      const key = `${path}\0${target.path}`;
      kinds.set(key, (kinds.get(key) ?? new Set()).add(target.kind));
    }
  }
  const ranked = cycles.map((cycle): Ranked => {
    const steps = cycle.map((from, at) => kinds.get(`${from}\0${cycle[(at + 1) % cycle.length] ?? ''}`));
    const only = (...those: string[]): boolean => {
      return steps.some((step) => step !== undefined && [...step].every((kind) => those.includes(kind)));
    };
    return { cycle, rank: only('type') ? 2 : only('type', 'dynamic') ? 1 : 0 };
  });
  return ranked.sort((one, other) => one.rank - other.rank);
}

/** `a -> b -> a`, with a word on what is not there when the program runs. */
function cycleLine({ cycle, rank }: Ranked): string {
  const notes = ['', '  (through a dynamic import)', '  (through types only)'];
  return `${abridged([...cycle, cycle[0] ?? ''])
    .map(printable)
    .join(' -> ')}${notes[rank]}`;
}

function section<T>(title: string, all: readonly T[], lineOf: (each: T) => string, none: string): string[] {
  if (all.length === 0) return [none];
  const more = all.length > shown ? [`  and ${all.length - shown} more: --json lists all`] : [];
  return [title, ...all.slice(0, shown).map((each) => `  ${lineOf(each)}`), ...more];
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function inBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value >= 99.5 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** A file name can hold anything; a terminal must not act on it. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
