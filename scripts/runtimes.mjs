// Runs the conformance suite (scripts/runtimes/) on the packed packages, on every runtime that they are promised for, and prints one table. Needs `pnpm build` first.
// `pnpm runtimes [--only node,chromium] [--write] [--check]`
//   --only   some of: node (the one that runs this), node20, node22, node24, node26, bun, deno, chromium
//   --write  records what was seen, and puts the table into the README
//   --check  only asserts that the README's table is what was recorded, of the suite as it is; with --write it puts that there
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromiumFlags, findChromium, noChromium } from './chromium.mjs';
import { copyTree, makeRelease } from './rehearse-release.mjs';
import { nodeChecks } from './runtimes/node.mjs';
import { mainChecks } from './runtimes/suite.mjs';
import { finish, inParallel, readJson, root, run } from './workspace.mjs';

/** @typedef {import('./runtimes/harness.mjs').Result} Result */
/** @typedef {{ name: string, version: string, passed: Record<string, number> }} Tested */
/** @typedef {{ id: string, name: string, npx?: string[], exec?: string[], flags?: string[] }} Runtime */

const columns = ['abort', 'run', 'proc', 'process', 'async', 'workgraph'];
const suite = join(root, 'scripts/runtimes');
const record = join(suite, 'tested.json');
const readme = join(root, 'README.md');

/** `exec` prints where the runtime itself is, so that nothing stands between it and this. @type {Runtime[]} */
const runtimes = [
  { id: 'node', name: 'Node' },
  ...['20', '22', '24', '26'].map((version) => ({
    id: `node${version}`,
    name: 'Node',
    npx: ['-p', `node@${version}`, 'node'],
    exec: ['-p', 'process.execPath'],
  })),
  { id: 'bun', name: 'Bun', npx: ['bun@1.4.5'], exec: ['-p', 'process.execPath'] },
  {
    id: 'deno',
    name: 'Deno',
    npx: ['deno@2.9.6'],
    exec: ['eval', 'console.log(Deno.execPath())'],
    flags: ['run', '-A'],
  },
  { id: 'chromium', name: 'Chromium' },
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, write: { type: 'boolean' }, check: { type: 'boolean' } },
});
const only = values.only?.split(',') ?? runtimes.slice(1).map(({ id }) => id);
const unknown = only.filter((id) => !runtimes.some((runtime) => runtime.id === id));
if (unknown.length > 0) {
  console.error(`There is no runtime ${unknown.join(', ')}. The runtimes: ${runtimes.map(({ id }) => id).join(', ')}.`);
  process.exit(2);
}

if (values.check) check();
else await test();

/** Asserts that the README says what was recorded, and that it was of this suite. */
function check() {
  /** @type {Tested[]} */
  const tested = readJson(record);
  /** @type {string[]} */
  const problems = [];
  if (values.write) writeFileSync(readme, withTable(tested));
  if (readFileSync(readme, 'utf8') !== withTable(tested))
    problems.push('README.md: the table of runtimes is not what scripts/runtimes/tested.json has.');
  for (const { name, version, passed } of tested) {
    const wanted = expected(name);
    if (!columns.every((column) => passed[column] === wanted[column]))
      problems.push(
        `scripts/runtimes/tested.json: ${name} ${version} has passed ${JSON.stringify(passed)}; the suite now has ${JSON.stringify(wanted)}.`,
      );
  }
  for (const { name, id } of runtimes.slice(1))
    if (
      !tested.some(
        (each) =>
          each.name === name &&
          (id === 'deno' || id === 'bun' || id === 'chromium' || `node${each.version.split('.')[0]}` === id),
      )
    )
      problems.push(`scripts/runtimes/tested.json: nothing was recorded of ${id}.`);
  finish(
    problems.length === 0 ? [] : [...problems, '`pnpm runtimes --write` brings both up to date.'],
    'The runtimes that the README names are those that were tested.',
  );
}

async function test() {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'runtimes-'));
  /** @type {string[]} */
  const problems = [];
  /** @type {Tested[]} */
  const tested = [];
  try {
    const { packed, problems: unpacked } = await makeRelease(copyTree(join(folder, 'tree')), join(folder, 'packs'));
    problems.push(...unpacked);
    const home = join(folder, 'home');
    cpSync(suite, join(home, 'suite'), { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "name": "conformance", "private": true }\n');
    const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const installed = await run('npm', ['install', ...options, ...packed.map(({ tarball }) => tarball)], { cwd: home });
    if (installed.code !== 0) problems.push(`npm install:\n${installed.output}`);

    const chosen = problems.length > 0 ? [] : runtimes.filter(({ id }) => only.includes(id));
    const outcomes = await inParallel(chosen, (runtime) =>
      runtime.id === 'chromium' ? inChromium(home) : inProgram(home, runtime),
    );
    for (const [index, { id, name }] of chosen.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if ('missing' in outcome) {
        console.log(`Not here: ${id}, ${outcome.missing}`);
        if (values.write) problems.push(`${id} is missing, so nothing is recorded.`);
        continue;
      }
      const wanted = expected(name);
      const passed = Object.fromEntries(
        columns.map((column) => [
          column,
          outcome.results.filter((each) => each.name === column && each.error === undefined).length,
        ]),
      );
      tested.push({ name, version: outcome.version, passed });
      for (const each of outcome.results)
        if (each.error !== undefined)
          problems.push(
            `${name} ${outcome.version}, @x/${each.name}: ${each.title}\n  ${each.error.replaceAll('\n', '\n  ')}`,
          );
      if (outcome.results.length !== sum(wanted))
        problems.push(`${name} ${outcome.version}: ${outcome.results.length} checks ran, not ${sum(wanted)}.`);
    }
    console.log(table(tested));
    if (values.write && problems.length === 0) {
      writeFileSync(record, `${JSON.stringify(tested, null, 2)}\n`);
      writeFileSync(readme, withTable(tested));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const checks = tested.reduce((all, { passed }) => all + sum(passed), 0);
  finish(problems, `${checks} checks passed on ${tested.map(({ name, version }) => `${name} ${version}`).join(', ')}.`);
}

/** How many checks there are for a runtime, by package. @param {string} name @returns {Record<string, number>} */
function expected(name) {
  const page = mainChecks(() => ({}));
  const all = name === 'Chromium' ? page : [...page, ...page, ...nodeChecks(() => ({})), ...nodeChecks(() => ({}))];
  const programs = name === 'Chromium' ? [] : programsFor(name);
  return Object.fromEntries(
    columns.map((column) => [
      column,
      all.filter(([of]) => of === column).reduce((count, [, checks]) => count + Object.keys(checks).length, 0) +
        programs.filter(({ of }) => of === column).length,
    ]),
  );
}

/** Programs of their own: what they have to print, and how to end, is at their end. @param {string} name */
function programsFor(name) {
  const folder = join(suite, 'fixtures');
  return readdirSync(folder)
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const note = (/** @type {string} */ key) => new RegExp(`^// ${key}: (.*)$`, 'm').exec(text)?.[1];
      return {
        file,
        of: note('Of') ?? '',
        where: note('Where')?.split(', '),
        output: note('Output') ?? '',
        status: Number(note('Status') ?? 0),
      };
    })
    .filter(({ where }) => where === undefined || where.includes(name.toLowerCase()));
}

/**
 * @param {string} home
 * @param {Runtime} runtime
 * @returns {Promise<{ missing: string } | { version: string, results: Result[] }>}
 */
async function inProgram(home, { name, npx, exec = [], flags = [] }) {
  let command = process.execPath;
  if (npx !== undefined) {
    const found = await run('npx', ['--yes', ...npx, ...exec], { cwd: home, timeout: 5 * 60_000 });
    command = found.stdout.trim().split('\n').at(-1) ?? '';
    if (found.code !== 0 || command === '')
      return { missing: `npx ${npx.join(' ')} gives ${found.output.trim().split('\n').at(-1) ?? 'nothing'}` };
  }
  const told = await run(command, ['--version'], { cwd: home });
  const version = /\d+\.\d+\.\d+/.exec(told.stdout)?.[0];
  if (version === undefined) return { missing: `${command} does not say its version: ${told.output.trim()}` };

  const ran = await run(command, [...flags, 'suite/program.mjs'], { cwd: home, timeout: 3 * 60_000 });
  /** @type {Result[]} */
  let results;
  try {
    results = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    results = [{ name: 'abort', title: 'the suite runs', error: ran.output.trim() }];
  }
  for (const { file, of, output, status } of programsFor(name)) {
    const ended = await run(command, [...flags, `suite/fixtures/${file}`], { cwd: home, timeout: 20_000 });
    const fine = ended.stdout.trim() === output && ended.code === status;
    results.push({
      name: of,
      title: `the program ${file}`,
      ...(!fine && { error: `it ends with ${ended.code}, not ${status}, and prints\n${ended.output}` }),
    });
  }
  return { version, results };
}

/** @param {string} home @returns {Promise<{ missing: string } | { version: string, results: Result[] }>} */
async function inChromium(home) {
  const executablePath = findChromium();
  if (executablePath === undefined) return { missing: noChromium };
  const { outputFiles } = await build({
    entryPoints: [join(home, 'suite/browser.mjs')],
    absWorkingDir: home,
    tsconfigRaw: {},
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    logLevel: 'silent',
  });
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    /** @type {Result[]} */
    const results = await page.evaluate('conformance()');
    return { version: browser.version(), results };
  } finally {
    await browser.close();
  }
}

/** @param {Record<string, number>} counts */
function sum(counts) {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}

/** As prettier would lay it out. @param {Tested[]} tested */
function table(tested) {
  const rows = [
    ['', ...columns.map((column) => `\`@x/${column}\``)],
    ...tested.map(({ name, version, passed }) => [
      `${name} ${version}`,
      ...columns.map((column) => String(passed[column])),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (/** @type {string[]} */ cells, numbers = true) =>
    `| ${cells.map((cell, column) => (numbers && column > 0 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(rows[0] ?? []), rule, ...rows.slice(1).map((row) => line(row))].join('\n');
}

/** The README with the table in its place. @param {Tested[]} tested */
function withTable(tested) {
  return readFileSync(readme, 'utf8').replace(
    /(<!-- runtimes -->\n)[^]*?(\n<!-- \/runtimes -->)/,
    (_, begin, end) => `${begin}\n${table(tested)}\n${end}`,
  );
}
