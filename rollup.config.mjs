// The one build of every package, run from inside it: `rollup -c ../../rollup.config.mjs`.
// Each `exports` entry is one top-level file of src/; each becomes ESM and CommonJS code with types for both.
import { readFileSync, rmSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import dts from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const tsconfig = resolve('tsconfig.json');

// What an earlier build has left would be published with this one.
rmSync('dist', { recursive: true, force: true });

const input = Object.fromEntries(
  Object.values(manifest.exports)
    .filter((entry) => typeof entry === 'object')
    .map((entry) => basename(entry.import.default, '.js'))
    .map((name) => [name, `src/${name}.ts`]),
);

const packages = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})];
/** @param {string} id */
const external = (id) => id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`));

/** A warning of the build is a failure. @param {{ message: string }} warning */
const onwarn = (warning) => {
  throw Object.assign(new Error(warning.message), { cause: warning });
};

/**
 * Names the library that declares `Disposable` at the top of every declaration file that speaks of it: consumers may not have it among theirs, and the bundler
 * leaves the reference of the sources in one file only, behind its imports, where it means nothing.
 */
const disposable = {
  name: 'disposable',
  /** @param {string} code */
  renderChunk: (code) => {
    const rest = code.replaceAll(/^\/\/\/ <reference lib="esnext\.disposable".*\n+/gm, '');
    return /\b(?:Async)?Disposable\b|\bSymbol\.(?:d|asyncD)ispose\b/.test(rest)
      ? `/// <reference lib="esnext.disposable" />\n${rest}`
      : rest;
  },
};

/** The same for ES modules and for CommonJS. @param {[string, string]} extension */
const outputs = (extension) => [
  { format: 'es', entryFileNames: `[name].${extension[0]}`, chunkFileNames: `[name]-[hash].${extension[0]}` },
  { format: 'cjs', entryFileNames: `[name].${extension[1]}`, chunkFileNames: `[name]-[hash].${extension[1]}` },
];

export default [
  {
    input,
    external,
    onwarn,
    plugins: [esbuild({ target: 'es2022', tsconfig })],
    output: outputs(['js', 'cjs']).map((output) => ({ dir: 'dist', sourcemap: true, ...output })),
  },
  {
    input,
    external,
    onwarn,
    plugins: [dts({ tsconfig }), disposable],
    output: outputs(['d.ts', 'd.cts']).map((output) => ({ dir: 'dist', ...output })),
  },
];
