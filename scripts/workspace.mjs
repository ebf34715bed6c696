// What every script shares: where things are, which packages there are, and how a command is run.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @typedef {object} Package
 * @property {string} name The published name.
 * @property {string} short The name of its folder.
 * @property {string} dir Its folder.
 * @property {Manifest} manifest Its package.json.
 * @property {{ subpath: string, file: string }[]} entries Its `exports` that are code: `{ subpath: './node', file: 'node' }`.
 */
/** @typedef {{ types: string, browser?: string, default: string }} ExportsWay */
/** @typedef {{ import: ExportsWay, require: ExportsWay }} ExportsEntry */
/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {Record<string, string | ExportsEntry>} exports
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 */

/**
 * The entries that need more than every runtime has, as the pages of the packages say. They alone may import a `node:` module, and a build for the browser
 * that reaches one of them fails with a sentence (rollup.config.mjs).
 */
export const needNode = ['@x/abort/node', '@x/run/node', '@x/proc/node', '@x/process/node', '@x/workgraph/context'];

/**
 * Reads a JSON file.
 * @param {string} file
 * @returns {any}
 */
export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * The packages, those first that others stand on. A folder is a package once it exports something.
 * @returns {Package[]}
 */
export function packages() {
  return readdirSync(join(root, 'packages'))
    .map((short) => ({ short, dir: join(root, 'packages', short) }))
    .filter(({ dir }) => existsSync(join(dir, 'package.json')) && exportsSomething(join(dir, 'src/index.ts')))
    .map(({ short, dir }) => {
      /** @type {Manifest} */
      const manifest = readJson(join(dir, 'package.json'));
      const entries = Object.entries(manifest.exports).flatMap(([subpath, entry]) =>
        typeof entry === 'string'
          ? []
          : [{ subpath, file: entry.import.default.slice('./dist/'.length, -'.js'.length) }],
      );
      return { name: manifest.name, short, dir, manifest, entries };
    })
    .sort(
      (a, b) => Object.keys(a.manifest.dependencies ?? {}).length - Object.keys(b.manifest.dependencies ?? {}).length,
    );
}

/** @param {string} index */
function exportsSomething(index) {
  return existsSync(index) && !/^\s*(export \{\s*\};?\s*)?$/.test(readFileSync(index, 'utf8'));
}

/**
 * Runs a command, its output held back, and resolves with what it printed. Never rejects: `code` tells.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} [options]
 * @returns {Promise<{ code: number, stdout: string, stderr: string, output: string }>}
 */
export function run(command, args, { cwd = root, env, timeout = 10 * 60_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not spawn's own `timeout`: its timer outlives a command that could not be started.
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    let stdout = '';
    let stderr = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => ((stdout += text), (output += text)));
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => ((stderr += text), (output += text)));
    /** @param {number} code @param {string} remark */
    const done = (code, remark) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, output: output + remark });
    };
    child.on('error', (error) => done(127, `${command}: ${error.message}\n`));
    child.on('close', (code, signal) =>
      done(code ?? 1, signal === null ? '' : `${command} ${args.join(' ')}: ended by ${signal}\n`),
    );
  });
}

/**
 * Runs pnpm, in the one version, also where it is not on the PATH.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} [options]
 */
export async function pnpm(args, options) {
  const result = await run('pnpm', args, options);
  if (result.code !== 127) return result;
  const { packageManager } = /** @type {{ packageManager: string }} */ (readJson(join(root, 'package.json')));
  return run('npx', ['--yes', packageManager, ...args], options);
}

/** The path of a development tool's program, so that it runs without a package manager in between. @param {string} name */
export const bin = (name) => join(root, 'node_modules/.bin', name);

/**
 * Maps with at most `limit` calls at a time, results in the order of the items.
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => Promise<R>} fn
 * @param {number} [limit]
 * @returns {Promise<R[]>}
 */
export async function inParallel(items, fn, limit = 2) {
  /** @type {R[]} */
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await fn(/** @type {T} */ (items[index]));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/**
 * Every file below a folder whose name ends so, sorted; what is installed or generated left out.
 * @param {string} dir
 * @param {string[]} endings
 * @returns {string[]}
 */
export function filesBelow(dir, endings) {
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory())
        return /^(node_modules|dist|coverage|fixtures|\..*)$/.test(entry.name) ? [] : filesBelow(path, endings);
      return entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
    })
    .sort();
}

/**
 * Ends a check: prints each problem, and sets the exit status.
 * @param {string[]} problems
 * @param {string} fine What to say when there are none.
 */
export function finish(problems, fine) {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error(`\n${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}.`);
    process.exitCode = 1;
  } else {
    console.log(fine);
  }
}
