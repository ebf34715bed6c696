// Runs everything that can say no. `pnpm check [step...]`
//   --tests FILE   the JSON of a run of the tests with coverage that has just been made, so that they are not run again
//   --json FILE    where to write { passed, failed }, the steps by name
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, root, run } from './workspace.mjs';

const { values, positionals } = parseArgs({
  options: { tests: { type: 'string' }, json: { type: 'string' } },
  allowPositionals: true,
});

/**
 * In the order in which they are started; `after` is what has to have succeeded before.
 * @type {{ name: string, command: string[], after?: string }[]}
 */
const steps = [
  { name: 'build', command: [process.execPath, 'scripts/build.mjs'] },
  { name: 'typecheck', command: [process.execPath, 'scripts/typecheck.mjs'] },
  { name: 'lint', command: [bin('eslint'), '.', '--max-warnings=0'] },
  { name: 'format', command: [bin('prettier'), '--check', '--log-level=warn', '.'] },
  { name: 'manifests', command: [process.execPath, 'scripts/manifests.mjs'] },
  { name: 'tree', command: [process.execPath, 'scripts/tree.mjs'] },
  { name: 'knip', command: [bin('knip'), '--no-config-hints'] },
  { name: 'packs', command: [process.execPath, 'scripts/packs.mjs'], after: 'build' },
  { name: 'size', command: [process.execPath, 'scripts/size.mjs'], after: 'build' },
  { name: 'snippets', command: [process.execPath, 'scripts/snippets.mjs'], after: 'build' },
  { name: 'figures', command: [process.execPath, 'bench/figures.mjs'] },
  { name: 'bench', command: [process.execPath, 'bench/run.mjs', '--tiny'], after: 'build' },
  {
    name: 'coverage',
    command: [process.execPath, 'scripts/coverage.mjs', ...(values.tests === undefined ? [] : ['--of', values.tests])],
  },
];

for (const name of positionals) {
  if (!steps.some((step) => step.name === name)) {
    console.error(`There is no step ${name}. The steps: ${steps.map((step) => step.name).join(', ')}.`);
    process.exit(2);
  }
}
const chosen = steps.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

/** @type {string[]} */
const passed = [];
/** @type {string[]} */
const failed = [];
const begin = performance.now();
/** @type {Map<string, Promise<boolean>>} */
const outcomes = new Map();
let free = Math.max(1, Math.min(2, availableParallelism()));
/** @type {(() => void)[]} */
const waiting = [];

for (const step of chosen) outcomes.set(step.name, start(step));
await Promise.all(outcomes.values());
if (values.json !== undefined) writeFileSync(join(root, values.json), `${JSON.stringify({ passed, failed })}\n`);
const total = `${((performance.now() - begin) / 1000).toFixed(1)} s`;
console.log(
  failed.length === 0
    ? `\nAll ${passed.length} steps passed in ${total}.`
    : `\n${failed.length} of ${chosen.length} steps failed in ${total}: ${failed.join(', ')}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {(typeof steps)[number]} step @returns {Promise<boolean>} */
async function start({ name, command: [command = '', ...args], after }) {
  if (after !== undefined && (await (outcomes.get(after) ?? Promise.resolve(true))) === false) {
    failed.push(name);
    console.log(`FAIL  ${name.padEnd(10)}  not run: ${after} failed`);
    return false;
  }
  if (free > 0) free -= 1;
  else await new Promise((resolve) => waiting.push(() => resolve(undefined)));
  const started = performance.now();
  const { code, output } = await run(command, args, { timeout: 20 * 60_000 });
  const time = `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(7);
  const next = waiting.shift();
  if (next === undefined) free += 1;
  else next();
  const summary = output.trim().split('\n').at(-1) ?? '';
  if (code === 0) {
    passed.push(name);
    console.log(`ok    ${name.padEnd(10)} ${time}  ${summary.length <= 140 ? summary : ''}`);
  } else {
    failed.push(name);
    console.log(`FAIL  ${name.padEnd(10)} ${time}\n${output.trimEnd().replaceAll(/^/gm, '      ')}\n`);
  }
  return code === 0;
}
