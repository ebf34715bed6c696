// Holds docs/proof.md against the tests that it names, and docs/mutation.md against the last report. `pnpm proof`
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { finish, packages, readJson, root } from './workspace.mjs';

/** How often a promise of order is tried, at least. */
const LEAST = 1000;
/** What share of the mutants the tests of a package have to notice, in per cent. */
const SCORE = 90;

/** @type {string[]} */
const problems = [];

const proof = join(root, 'docs/proof.md');
const rows = tableOf(proof, 5);
for (const [, promise = '', name = '', link = '', runs = ''] of rows) {
  const file = join(dirname(proof), /\((.*)\)/.exec(link)?.[1] ?? '');
  const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const at = source.indexOf(`'${name}'`);
  if (at < 0) {
    problems.push(`docs/proof.md: no test "${name}" in ${link}.`);
    continue;
  }
  // Up to where the next test begins.
  const rest = source.slice(at + name.length);
  const [body = ''] = rest.split(/^\s*(?:it|test)(?:\.each)?\(/m);
  const found = Math.min(
    ...[...body.matchAll(/numRuns: ([\d_]+)/g)].map(([, n = '']) => Number(n.replaceAll('_', ''))),
  );
  if (found !== Number(runs)) problems.push(`docs/proof.md: "${name}" has ${found} runs, not ${runs}.`);
  if (!(found >= LEAST)) problems.push(`${promise}: ${found} runs are fewer than ${LEAST}.`);
}
if (rows.length === 0) problems.push('docs/proof.md has no table.');

/** @typedef {{ mutants: number, noticed: number, score: number }} Score */
/** @type {Record<string, Score>} */
const scores = readJson(join(root, 'docs/mutation.json'));
const told = tableOf(join(root, 'docs/mutation.md'), 4);
for (const [name = '', mutants, noticed, score] of told) {
  const real = scores[name];
  if (!real) problems.push(`docs/mutation.md: there is no report of ${name}.`);
  else if ([real.mutants, real.noticed, real.score].join() !== [mutants, noticed, score?.replace(' %', '')].join())
    problems.push(
      `docs/mutation.md says ${name} | ${mutants} | ${noticed} | ${score}; the last report: ${name} | ${real.mutants} | ${real.noticed} | ${real.score} %.`,
    );
}
/** @type {string[]} */
const missing = [];
for (const { short } of packages()) {
  const real = scores[short];
  if (!real) missing.push(short);
  else if (real.score < SCORE)
    problems.push(`${short}: ${real.score} % of the mutants are noticed, fewer than ${SCORE} %.`);
  else if (!told.some(([name]) => name === short))
    problems.push(`docs/mutation.md does not say the score of ${short}.`);
}

const none = missing.length === 0 ? '' : ` No report yet of ${missing.join(', ')}.`;
finish(problems, `${rows.length} promises of order have their tests; the scores of mutation are as reported.${none}`);

/** The cells of the first table of a document whose rows have so many, its head left out. @param {string} file @param {number} cells */
function tableOf(file, cells) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((row) => row.length === cells)
    .slice(1);
}
