// Writes RESULTS.md and its plots from the records of the full runs. `pnpm bench:report`
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { draw, drawGrowth } from './plots.mjs';
import { digits, here, readRecords } from './records.mjs';

/** @typedef {import('./records.mjs').Findings} Findings */
/** @typedef {import('./records.mjs').Case} Case */
/** @typedef {import('./records.mjs').Row} Row */
/** @typedef {import('./records.mjs').Spread} Spread */

const records = readRecords();
if (records.size === 0) {
  console.error('There are no results: run `pnpm bench` first.');
  process.exit(1);
}
/** Why a target is missed, by the id of its case. @type {Record<string, string>} */
const reasons = JSON.parse(readFileSync(join(here, 'missed.json'), 'utf8'));
const nodes = [...new Set([...records.values()].flatMap((byNode) => [...byNode.keys()]))].sort();

const plots = join(here, 'plots');
rmSync(plots, { recursive: true, force: true });
mkdirSync(plots, { recursive: true });

/** @type {string[]} */
const sections = [];
/** @type {{ met: number, all: number, missed: string[][] }} */
const targets = { met: 0, all: 0, missed: [] };
for (const [name, byNode] of records) {
  writeFileSync(join(plots, `${name}.svg`), `${draw(byNode)}\n`);
  sections.push(section(name, byNode));
}

const versions = [
  ...new Set([...records.values()].flatMap((byNode) => [...byNode.values()].map(({ node }) => node))),
].sort();
const clocks = new Set([...records.values()].flatMap((byNode) => [...byNode.values()].map(({ clock }) => clock)));
const markdown = `# Results

Written by \`pnpm bench:report\` from full runs on Node ${versions.map((version) => version.slice(1)).join(' and ')}; how to read it: [README.md](./README.md).

A number is the time (or the bytes) of ours divided by that of the other: below 1 ours is faster. Medians of the ratios within alternating rounds, quartiles in brackets.
${clocks.has('cpu') ? 'The machine had other things to do, so times are CPU times of the process. ' : ''}Times of one machine mean nothing on another, so there are none here.

## Targets

${targets.met} of ${targets.all} are met.${
  targets.missed.length === 0
    ? ''
    : ` Missed:

${table([['case', 'Node', 'target', 'found', 'why'], ...targets.missed])}`
}

${sections.join('\n')}`;
const unexplained = targets.missed.filter(([, , , , why]) => why === '').map(([id, node]) => `${id} on Node ${node}`);
if (unexplained.length > 0) throw new Error(`missed.json has no reason for ${unexplained.join(', ')}.`);

writeFileSync(
  join(here, 'RESULTS.md'),
  await format(markdown, { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' }),
);
console.log(`Wrote bench/RESULTS.md and ${records.size} plots: ${targets.met} of ${targets.all} targets are met.`);

/** @param {string} name @param {Map<string, Findings>} byNode */
function section(name, byNode) {
  const [first] = byNode.values();
  const cases = first?.cases ?? [];
  const parts = cases.map((one) => {
    const found = new Map(nodes.map((node) => [node, byNode.get(node)?.cases.find(({ id }) => id === one.id)]));
    for (const [node, own] of found) {
      for (const { text, found: value, met } of own?.targets ?? []) {
        targets.all += 1;
        if (met) targets.met += 1;
        else
          targets.missed.push([
            `\`${one.id}\``,
            node,
            text,
            value === undefined ? 'not found' : digits(value),
            reasons[`${one.id}@${node}`] ?? reasons[one.id] ?? '',
          ]);
      }
    }
    let growth = '';
    if (one.growth !== undefined) {
      writeFileSync(join(plots, `${one.id}.svg`), `${drawGrowth(one)}\n`);
      growth = `\n\n![${one.title}](./plots/${one.id}.svg)\n\n${growthTable(found)}`;
    }
    return `### ${one.title}\n\n\`${one.id}\`\n\n${caseTable(found)}${growth}`;
  });
  return `## ${first?.question}\n\n\`pnpm bench ${name}\`\n\n![${first?.question}](./plots/${name}.svg)\n\n${parts.join('\n\n')}\n`;
}

/** @param {Map<string, Case | undefined>} found */
function caseTable(found) {
  const some = [...found.values()].find((one) => one !== undefined);
  if (some === undefined) return '';
  const ours = some.rows.filter(({ role }) => role === 'ours').map(({ name }) => name);
  const names = [...new Set([...found.values()].flatMap((one) => one?.rows.map(({ name }) => name) ?? []))];
  const withRatios = some.rows.some(({ ratios }) => Object.keys(ratios).length > 0);
  const columns = nodes.flatMap((node) => {
    const one = found.get(node);
    const row = (/** @type {string} */ name) => one?.rows.find((candidate) => candidate.name === name);
    /** @type {{ title: string, cell: (name: string) => string }[]} */
    const all = [];
    if (some.unit === 'bytes' || some.unit === 'ns')
      all.push({ title: `Node ${node}: ${some.unit === 'ns' ? 'ns' : 'bytes'}`, cell: (name) => amount(row(name)) });
    if (some.unit === 'depth') all.push({ title: `Node ${node}`, cell: (name) => deepest(row(name)) });
    else if (withRatios)
      for (const own of ours)
        all.push({ title: `Node ${node}: ${own} / it`, cell: (name) => ratio(row(name), own, ours) });
    else if (some.unit === 'ms')
      all.push({
        title: `Node ${node}: times ${ours[0] ?? ''}`,
        cell: (name) => times(row(name)?.value, row(ours[0] ?? '')?.value),
      });
    return all;
  });
  return table([
    ['', ...columns.map(({ title }) => title)],
    ...names.map((name) => [label(some, name), ...columns.map(({ cell }) => cell(name))]),
  ]);
}

/** @param {Map<string, Case | undefined>} found */
function growthTable(found) {
  const rows = [...found].flatMap(([node, one]) =>
    Object.entries(one?.growth?.factors ?? {}).map(([name, factor]) => [name, node, digits(factor)]),
  );
  const sizes = [...found.values()].find((one) => one !== undefined)?.growth?.sizes ?? [];
  return table([
    ['', 'Node', `an item at ${sizes.at(-1)?.toLocaleString('en')} over one at ${sizes[0]?.toLocaleString('en')}`],
    ...rows,
  ]);
}

/** @param {Case} one @param {string} name */
function label(one, name) {
  const role = one.rows.find((row) => row.name === name)?.role;
  return role === 'ours' ? `**${name}**` : role === 'floor' ? `${name} _(floor)_` : name;
}

/** @param {Row | undefined} row @param {string} own @param {string[]} ours */
function ratio(row, own, ours) {
  if (row === undefined) return '';
  if (row.value === undefined) return row.remark ?? '';
  const found = row.ratios[own];
  if (ours.includes(row.name) || found === undefined || !(found.median > 0)) return '';
  const rounds = row.rounds < 7 && row.rounds > 1 ? `, ${row.rounds} rounds` : '';
  return `${digits(found.median)} (${digits(found.low)}-${digits(found.high)}${rounds})`;
}

/** @param {Row | undefined} row */
function amount(row) {
  return row?.value === undefined ? (row?.remark ?? '') : digits(Math.round(row.value.median));
}

/** @param {Row | undefined} row */
function deepest(row) {
  const depth = row?.value?.median.toLocaleString('en');
  return [depth, row?.remark].filter((part) => part !== undefined && part !== '').join('; ');
}

/** @param {Spread | undefined} value @param {Spread | undefined} ours */
function times(value, ours) {
  return value === undefined || ours === undefined ? '' : digits(value.median / ours.median);
}

/** @param {string[][]} lines */
function table([head = [], ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
