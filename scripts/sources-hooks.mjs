// The hooks of sources.mjs: where an import leads, and what JavaScript a TypeScript file is.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from 'esbuild';

const packages = new URL('../packages/', import.meta.url);

/** A package of this repository is its sources, and an import of `./x.js` from one of them is `./x.ts`. @type {import('node:module').ResolveHook} */
export const resolve = (specifier, context, next) => {
  const [, name, entry = 'index'] = /^@x\/([^/]+)(?:\/([^/]+))?$/.exec(specifier) ?? [];
  if (name !== undefined) {
    const source = new URL(`${name}/src/${entry}.ts`, packages);
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
  }
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
};

/** @type {import('node:module').LoadHook} */
export const load = async (url, context, next) => {
  if (!url.startsWith('file:') || extname(new URL(url).pathname) !== '.ts') return next(url, context);
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    sourcefile: pathToFileURL(path).href,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return { format: 'module', source: code, shortCircuit: true };
};
