// Checks that every figure quoted in a document is the one that was measured; with --write, puts in the ones that were.
// `<!-- bench:CASE:OURS:OTHER -->0.55<!-- /bench -->` quotes ours over the other, `<!-- bench:CASE:NAME -->64<!-- /bench -->` the bytes (or the depth) of one;
// `bench@24:` says which Node, the default is 20.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesBelow, finish, root } from '../scripts/workspace.mjs';
import { digits, readRecords } from './records.mjs';

const write = process.argv.includes('--write');
const records = readRecords();
const marker = /<!-- bench(?:@(\d+))?:([^:]+?):(.+?) -->(.*?)<!-- \/bench -->/gs;

/** @param {string} node @param {string} id @param {string} names @returns {string | undefined} */
function measured(node, id, names) {
  for (const byNode of records.values()) {
    const one = byNode.get(node)?.cases.find((candidate) => candidate.id === id);
    if (one === undefined) continue;
    const alone = one.rows.find(({ name }) => name === names);
    if (alone?.value !== undefined)
      return one.unit === 'ms' ? undefined : Math.round(alone.value.median).toLocaleString('en');
    for (const row of one.rows) {
      if (!names.endsWith(`:${row.name}`)) continue;
      const ratio = row.ratios[names.slice(0, -row.name.length - 1)];
      if (ratio !== undefined) return digits(ratio.median);
    }
  }
  return undefined;
}

/** @type {string[]} */
const problems = [];
let count = 0;
for (const file of filesBelow(root, ['.md'])) {
  const text = readFileSync(file, 'utf8');
  const place = relative(root, file);
  if (place === join('bench', 'README.md')) continue;
  const written = text.replaceAll(marker, (whole, node = '20', id, names, quoted) => {
    count += 1;
    const figure = measured(node, id, names);
    if (figure === undefined) problems.push(`${place}: nothing was measured as ${id}:${names} on Node ${node}.`);
    else if (figure === quoted) return whole;
    else if (write) return whole.replace(/-->.*?<!--/s, `-->${figure}<!--`);
    else problems.push(`${place}: ${id}:${names} on Node ${node} is ${figure}, and is quoted as ${quoted}.`);
    return whole;
  });
  if (written !== text) writeFileSync(file, written);
}
finish(problems, `${count} figures are the ones that were measured.`);
