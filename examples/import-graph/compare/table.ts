import type { Difference, Verdict } from './graph.js';

/** What `result.json` holds. */
export interface Comparison {
  /** The versions of the others. */
  readonly versions: Readonly<Record<string, string>>;
  readonly trees: readonly {
    readonly tree: string;
    readonly version: string;
    /** The version of Node that all ran on. */
    readonly node: string;
    readonly judge: Verdict;
    readonly tools: Readonly<Record<string, Difference & Measured>>;
  }[];
}

/** What a tool took, a number for each round that it had a part in. */
export interface Measured {
  readonly milliseconds: readonly number[];
  /** Of processors, all threads and processes together. */
  readonly cpuMilliseconds: readonly number[];
  readonly megabytes: readonly number[];
}

export const ours = 'import-graph';

/** Writes the tables of the README. */
export function tablesOf({ trees, versions }: Comparison): string {
  const others = Object.keys(versions);
  const names = [ours, ...others];
  const heads = names.map((name) => (name === ours ? name : `${name} ${versions[name] ?? ''}`));
  return [
    table(
      ['sources of', 'modules', 'imports', ...heads],
      trees.map(({ tree, version, judge, tools }) => [
        `\`${tree}\` ${version}`,
        count(judge.modules),
        count(judge.imports),
        ...names.map((name) => sameness(tools[name])),
      ]),
    ),
    table(
      ['cycles in', 'imports on one', ...heads],
      trees.map(({ tree, judge, tools }) => [
        `\`${tree}\``,
        count(judge.onCycles),
        ...names.map((name) => coverage(tools[name], judge)),
      ]),
    ),
    table(
      [
        'ours / theirs',
        ...others.map((name) => `${name}: time, CPU`),
        'memory of ours',
        ...others.map((name) => `of ${name}`),
      ],
      trees.map(({ tree, tools }) => [
        `\`${tree}\``,
        ...others.map((name) => `${ratio(tools, name, 'milliseconds')}, ${ratio(tools, name, 'cpuMilliseconds')}`),
        ...names.map((name) => `${Math.round(median(tools[name]?.megabytes ?? []))} MB`),
      ]),
    ),
  ].join('\n\n');
}

/** The median of the ratios within each round: ours divided by the other. */
export function ratioOf(
  tools: Comparison['trees'][number]['tools'],
  other: string,
  what: 'milliseconds' | 'cpuMilliseconds',
): number {
  const own = tools[ours]?.[what] ?? [];
  return median((tools[other]?.[what] ?? []).map((each, round) => (own[round] ?? NaN) / each));
}

function ratio(...args: Parameters<typeof ratioOf>): string {
  return ratioOf(...args).toFixed(2);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

function sameness(found: Difference | undefined): string {
  if (found === undefined) return '';
  const parts = (['modules', 'imports'] as const).flatMap((what) => {
    const { missing, extra } = found[what];
    return [
      missing > 0 ? `${count(missing)} ${what} missing` : '',
      extra > 0 ? `${count(extra)} ${what} too many` : '',
    ];
  });
  return parts.filter((part) => part !== '').join(', ') || 'the same';
}

function coverage(found: Difference | undefined, { onCycles }: Verdict): string {
  if (found === undefined) return '';
  if (onCycles === 0) return count(found.cycles.listed);
  return `${count(found.cycles.listed)} listed, with ${count(found.cycles.covered)} of them`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function count(number: number): string {
  return number.toLocaleString('en');
}
