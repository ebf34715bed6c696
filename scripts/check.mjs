// Runs everything that can say no. `pnpm check [step...]`
//   --tests FILE   the JSON of a run of the tests with coverage that has just been made, so that they are not run again
//   --json FILE    where to write { passed, failed }, the steps by name
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, inParallel, root, run } from './workspace.mjs';

const { values, positionals } = parseArgs({
  options: { tests: { type: 'string' }, json: { type: 'string' } },
  allowPositionals: true,
});

/** @typedef {{ name: string, command: string[] }} Step */
/** @param {string} name @param {...string} args @returns {Step} */
const script = (name, ...args) => ({ name, command: [process.execPath, ...args] });

/** What needs nothing; then what looks at the builds; then the soak and the tests, each alone, since they look at the clock or at the heap. @type {Step[][]} */
const phases = [
  [
    script('build', 'scripts/build.mjs'),
    script('typecheck', 'scripts/typecheck.mjs'),
    { name: 'lint', command: [bin('eslint'), '.', '--max-warnings=0'] },
    { name: 'format', command: [bin('prettier'), '--check', '--log-level=warn', '.'] },
    script('manifests', 'scripts/manifests.mjs'),
    script('supply', 'scripts/supply.mjs'),
    script('tested', 'scripts/runtimes.mjs', '--check'),
    script('tree', 'scripts/tree.mjs'),
    script('proof', 'scripts/proof.mjs'),
    { name: 'knip', command: [bin('knip'), '--no-config-hints'] },
    script('figures', 'bench/figures.mjs'),
  ],
  [
    script('packs', 'scripts/packs.mjs'),
    script('rehearse', 'scripts/rehearse.mjs'),
    script('runtimes', 'scripts/runtimes.mjs', '--only', 'node,chromium'),
    script('snippets', 'scripts/snippets.mjs'),
    script('docs', 'scripts/docs.mjs'),
    script('size', 'scripts/size.mjs'),
    script('bench', 'bench/run.mjs', '--tiny'),
  ],
  [script('soak', 'scripts/soak.mjs', '--minutes', '1')],
  [script('coverage', 'scripts/coverage.mjs', ...(values.tests === undefined ? [] : ['--of', values.tests]))],
];

const names = phases.flat().map(({ name }) => name);
for (const name of positionals) {
  if (names.includes(name)) continue;
  console.error(`There is no step ${name}. The steps: ${names.join(', ')}.`);
  process.exit(2);
}

/** @type {string[]} */
const passed = [];
/** @type {string[]} */
const failed = [];
const begin = performance.now();
/** @param {number} since */
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

for (const phase of phases) {
  await inParallel(
    phase.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    step,
  );
}
if (values.json !== undefined) writeFileSync(join(root, values.json), `${JSON.stringify({ passed, failed })}\n`);
console.log(
  failed.length === 0
    ? `\nAll ${passed.length} steps passed in ${seconds(begin)}.`
    : `\n${failed.length} of ${passed.length + failed.length} steps failed in ${seconds(begin)}: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Runs one, and says how it went: a line when it went well, all that it printed when not. @param {Step} step */
async function step({ name, command: [command = '', ...args] }) {
  const started = performance.now();
  const { code, output } = await run(command, args, { timeout: 20 * 60_000 });
  const head = `${name.padEnd(10)} ${seconds(started).padStart(7)}`;
  if (code === 0) {
    passed.push(name);
    const summary = output.trim().split('\n').at(-1) ?? '';
    console.log(`ok    ${head}  ${summary.length <= 140 ? summary : ''}`.trimEnd());
  } else {
    failed.push(name);
    console.log(`FAIL  ${head}\n${output.trimEnd().replaceAll(/^/gm, '      ')}\n`);
  }
}
