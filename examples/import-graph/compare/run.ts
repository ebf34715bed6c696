// Compares this program with others that do the like, on the sources of five packages: what they find, held against TypeScript's own parser and resolver, and what
// they take. `node --import ../../scripts/sources.mjs compare/run.ts [--rounds N] [--folder FOLDER] [TREE...]`
//   --rounds N        how often each is run on each tree, in turns. Each round begins with another one. Default: 5
//   --folder FOLDER   where the others and the trees are installed, to have them again. Default: a temporary folder that is removed
//   TREE              measures these alone anew
// Leaves `result.json` beside this file, and its tables in the README.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { differenceOf, verdictOf, type GraphWithCycles } from './graph.js';
import { judge } from './judge.js';
import { ours, ratioOf, tablesOf, type Comparison } from './table.js';

const all = ['rxjs/src', 'three/src', 'lodash-es', 'effect/src', 'zod/src'];
const others = ['madge', 'dpdm', 'skott'];

/** Who has taken so many milliseconds of processors on a tree has no part in later rounds. */
const enough = 30_000;

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = new URL('../../../scripts/sources.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const result = join(here, 'result.json');
const readme = join(here, '../README.md');

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, folder: { type: 'string' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const folder = values.folder === undefined ? mkdtempSync(join(tmpdir(), 'import-graph-')) : resolve(values.folder);
try {
  install();
  for (const tree of positionals.length > 0 ? positionals : all) await keep(await compare(tree));
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true });
}

/** Puts what was measured of a tree in its place. */
async function keep(measured: Comparison['trees'][number]): Promise<void> {
  const known = existsSync(result) ? (JSON.parse(readFileSync(result, 'utf8')) as Comparison).trees : [];
  const trees = all.flatMap((tree) =>
    tree === measured.tree ? measured : (known.find((each) => each.tree === tree) ?? []),
  );
  const comparison: Comparison = { versions: Object.fromEntries(others.map((name) => [name, versionOf(name)])), trees };
  await write(result, JSON.stringify(comparison));
  const [begin, end] = ['<!-- comparison -->', '<!-- /comparison -->'];
  const text = readFileSync(readme, 'utf8').replace(new RegExp(`${begin}[^]*${end}`), () => {
    return `${begin}\n\n${tablesOf(comparison)}\n\n${end}`;
  });
  await write(readme, text);
}

/** Writes it as everything here is formatted. */
async function write(path: string, text: string): Promise<void> {
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}

/** Installs what `pnpm-lock.yaml` names, and copies the trees to where nobody takes them for dependencies. */
function install(): void {
  if (existsSync(join(folder, 'trees'))) return;
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'peer.mjs', 'probe.mjs']) {
    cpSync(join(here, file), join(folder, file));
  }
  const args = ['--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--silent'];
  const { status } = spawnSync('npx', args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('The others cannot be installed.');
  for (const [name = ''] of all.map((tree) => tree.split('/'))) {
    const from = realpathSync(join(folder, 'node_modules', name));
    cpSync(from, join(folder, 'trees', name), {
      recursive: true,
      filter: (path) => basename(path) !== 'node_modules' || path === from,
    });
  }
}

async function compare(tree: string): Promise<Comparison['trees'][number]> {
  const root = join(folder, 'trees', tree);
  // Every file has been read once when it begins.
  const right = judge(root);
  await measure(ours, root);
  const names = [ours, ...others];
  const runs = new Map<string, Run[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const at of names.keys()) {
      const name = names[(at + round) % names.length] as string;
      const own = runs.get(name) as Run[];
      if (own.reduce((sum, run) => sum + run.cpuMilliseconds, 0) < enough) own.push(await measure(name, root));
    }
  }
  const tools = Object.fromEntries(
    [...runs].map(([name, each]) => [
      name,
      {
        ...differenceOf((each[0] as Run).found, right),
        milliseconds: each.map(({ milliseconds }) => Math.round(milliseconds)),
        cpuMilliseconds: each.map(({ cpuMilliseconds }) => Math.round(cpuMilliseconds)),
        megabytes: each.map(({ megabytes }) => Math.round(megabytes)),
      },
    ]),
  );
  const ratios = others.map((name) => `${name} ${ratioOf(tools, name, 'milliseconds').toFixed(2)}`);
  console.log(`${tree}: ours / theirs ${ratios.join(', ')}`);
  const version = versionOf(tree.split('/')[0] ?? '');
  return { tree, version, node: process.version, judge: verdictOf(right), tools };
}

interface Run {
  readonly found: GraphWithCycles;
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  readonly megabytes: number;
}

/** Runs a tool once in a process of its own, from its start to its end. */
async function measure(tool: string, root: string): Promise<Run> {
  const usage = mkdtempSync(join(folder, 'usage-'));
  const output = join(usage, 'output');
  const file = openSync(output, 'w');
  const probe = ['--import', new URL('./probe.mjs', import.meta.url).href];
  const args = tool === ours ? ['--import', sources, program, root, '--json'] : [join(folder, 'peer.mjs'), tool, root];
  const began = performance.now();
  const child = spawn(process.execPath, [...probe, ...args], {
    stdio: ['ignore', file, 'inherit'],
    env: { ...process.env, COMPARE_USAGE: usage },
  });
  await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  const milliseconds = performance.now() - began;
  closeSync(file);
  // A program may have started others: what they took is its, too.
  const used = readdirSync(usage)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(usage, name), 'utf8')) as { kilobytes: number; microseconds: number });
  const found = JSON.parse(readFileSync(output, 'utf8')) as unknown;
  rmSync(usage, { recursive: true });
  return {
    found: tool === ours ? fromOurs(found) : (found as GraphWithCycles),
    milliseconds,
    cpuMilliseconds: used.reduce((sum, { microseconds }) => sum + microseconds / 1000, 0),
    megabytes: used.reduce((sum, { kilobytes }) => sum + kilobytes / 1024, 0),
  };
}

function fromOurs(result: unknown): GraphWithCycles {
  const { modules, cycles } = result as {
    modules: { path: string; imports: { path: string }[] }[];
    cycles: string[][];
  };
  return {
    modules: modules.map(({ path }) => path),
    edges: modules.flatMap(({ path, imports }) => imports.map((to): [string, string] => [path, to.path])),
    cycles,
  };
}

function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
