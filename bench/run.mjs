// Runs the comparisons. `pnpm bench [name...] [--quick | --tiny] [--node COMMAND] [--profile]`
//   name       a file of questions/, without its ending, or the beginning of one; all when none is given
//   --quick    small sizes, about a minute for all; --tiny: the least that shows that a file still runs
//   --node     another Node, for instance "npx --yes -p node@24 node"
//   --packages another copy of packages/, to compare with
//   --cpu      measures the CPU time of the process: for a machine that is busy with other things
//   --profile  writes a CPU profile of each file to bench/dist/profiles
// Each file is bundled from the sources as they are built (ES2022, nothing made smaller) with the other libraries left as installed.
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
    packages: { type: 'string', default: join(here, '../packages') },
    cpu: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const mode = values.tiny ? 'tiny' : values.quick ? 'quick' : 'full';
const [command = '', ...prefix] = values.node === process.execPath ? [values.node] : values.node.split(' ');

const all = readdirSync(join(here, 'questions'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();
const chosen = all.filter(
  (name) => positionals.length === 0 || positionals.some((wanted) => name === wanted || name.startsWith(wanted)),
);
if (chosen.length === 0) {
  console.error(`There is no question ${positionals.join(', ')}. The questions: ${all.join(', ')}.`);
  process.exit(2);
}

const major = (await output([...prefix, '--version'])).trim().replace(/^v(\d+).*$/, '$1');
const records = join(here, mode === 'full' ? 'results' : `dist/${mode}`, `node${major}`);
mkdirSync(records, { recursive: true });

/** @type {string[]} */
const failed = [];
const begin = performance.now();
for (const name of chosen) {
  const record = join(records, `${name}.json`);
  if (mode !== 'full') rmSync(record, { force: true });
  const code = await bundle(name).then(
    (file) => start(file, record),
    (/** @type {Error} */ error) => (console.error(error.message), 1),
  );
  if (code !== 0) failed.push(`${name} (status ${code})`);
}

/** @type {{ name: string, id: string, text: string, found?: number, met: boolean }[]} */
const targets = chosen
  .filter((name) => !failed.some((one) => one.startsWith(`${name} (`)))
  .map((name) => join(records, `${name}.json`))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')))
  .flatMap(({ name, cases }) =>
    cases.flatMap((/** @type {{ id: string, targets: object[] }} */ one) =>
      one.targets.map((target) => ({ name, id: one.id, ...target })),
    ),
  );
const missed = targets.filter(({ met }) => !met);
if (mode !== 'tiny' && targets.length > 0) {
  console.log(
    `\n${targets.length - missed.length} of ${targets.length} targets met${mode === 'quick' ? ' (a quick run: see what a full one says)' : ''}.`,
  );
  for (const { id, text, found } of missed) console.log(`  ${id}: ${text}: ${found ?? 'not found'}`);
}
console.log(
  `\n${chosen.length - failed.length} of ${chosen.length} files ran in ${((performance.now() - begin) / 1000).toFixed(0)} s.`,
);
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/** @param {string} name */
async function bundle(name) {
  const outfile = join(here, 'dist', `${name}.mjs`);
  await build({
    entryPoints: [join(here, 'questions', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'silent',
    tsconfigRaw: {},
    plugins: [{ name: 'ours from the sources', setup: resolveImports }],
  });
  return outfile;
}

/** @param {import('esbuild').PluginBuild} build */
function resolveImports(build) {
  build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
    if (kind === 'entry-point') return undefined;
    const [, ours, entry = 'index'] = /^@x\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    if (ours === undefined) return { path, external: true };
    return { path: resolve(values.packages, ours, 'src', `${entry}.ts`) };
  });
}

/** @param {string} file @param {string} record @returns {Promise<number>} */
function start(file, record) {
  const profiles = join(here, 'dist/profiles');
  const flags = ['--expose-gc', ...(values.profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [])];
  return new Promise((done) => {
    const child = spawn(command, [...prefix, ...flags, file], {
      stdio: 'inherit',
      env: {
        ...process.env,
        BENCH_MODE: mode,
        BENCH_CLOCK: values.cpu ? 'cpu' : 'wall',
        BENCH_RECORD: record,
        BENCH_PACKAGES: resolve(values.packages),
      },
    });
    child.on('error', (error) => (console.error(error.message), done(1)));
    child.on('close', (code) => done(code ?? 1));
  });
}

/** @param {string[]} args @returns {Promise<string>} */
function output(args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ part) => (text += part));
    child.on('error', fail);
    child.on('close', () => done(text));
  });
}
