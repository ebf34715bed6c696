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
 * Names what declares `Disposable`, and what declares Node's modules, at the top of every declaration file that speaks of it: consumers may not have it among
 * theirs, and the bundler leaves the references of the sources in one file only, behind its imports, where they mean nothing.
 */
const references = {
  name: 'references',
  /** @param {string} code */
  renderChunk: (code) => {
    const rest = code.replaceAll(/^\/\/\/ <reference .*\n+/gm, '');
    // Not those of the examples in comments.
    const types = rest.replaceAll(/\/\*[^]*?\*\//g, '');
    const node = /\bNodeJS\.|from 'node:/.test(types) ? '/// <reference types="node" />\n' : '';
    const disposable = /\b(?:Async)?Disposable\b|\bSymbol\.(?:d|asyncD)ispose\b/.test(types)
      ? '/// <reference lib="esnext.disposable" />\n'
      : '';
    return disposable + node + rest;
  },
};

/**
 * What a build for the browser gets in place of an entry that needs Node: a module that cannot be resolved, whose name is the sentence to be read. All bundlers
 * print it, and fail; a missing export, or `null` in "exports", some of them only warn of or do not explain.
 */
const notInBrowsers = {
  name: 'not-in-browsers',
  /** @this {import('rollup').PluginContext} @param {import('rollup').NormalizedOutputOptions} output */
  generateBundle({ format }) {
    for (const [subpath, { import: esm, require: cjs }] of Object.entries(manifest.exports)) {
      if (esm?.browser === undefined) continue;
      const entry = manifest.name + subpath.slice(1);
      const sentence = `./${entry} needs Node.js, Deno or Bun and cannot be part of a bundle for browsers - there use ${manifest.name}`;
      this.emitFile(
        format === 'es'
          ? { type: 'asset', fileName: basename(esm.browser), source: `export * from '${sentence}';\n` }
          : { type: 'asset', fileName: basename(cjs.browser), source: `module.exports = require('${sentence}');\n` },
      );
    }
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
    plugins: [esbuild({ target: 'es2022', tsconfig }), notInBrowsers],
    output: outputs(['js', 'cjs']).map((output) => ({ dir: 'dist', sourcemap: true, ...output })),
  },
  {
    input,
    external,
    onwarn,
    plugins: [dts({ tsconfig }), references],
    output: outputs(['d.ts', 'd.cts']).map((output) => ({ dir: 'dist', ...output })),
  },
];
