// The hooks of sources.mjs: where an import leads, and what JavaScript a TypeScript file is. What has been made of a file is kept until the file is another:
// to start what makes it takes longer than most programs do.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const packages = new URL('../packages/', import.meta.url);
const kept = new URL('../node_modules/.cache/sources/', import.meta.url);

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
  const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true });
  const stamp = `// ${[path, mtimeNs, ctimeNs, size, ino, 1].join(' ')}\n`;
  const file = new URL(`${createHash('sha1').update(path).digest('hex')}.js`, kept);
  const source = read(file, stamp) ?? write(file, stamp, await made(path));
  return { format: 'module', source, shortCircuit: true };
};

/** @param {string} path */
async function made(path) {
  const { transform } = await import('esbuild');
  const { code } = await transform(readFileSync(path, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    sourcefile: pathToFileURL(path).href,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return code;
}

/**
 * What was kept of a file, if it was made of the file as it is now.
 * @param {URL} file
 * @param {string} stamp
 */
function read(file, stamp) {
  try {
    const text = readFileSync(file, 'utf8');
    return text.endsWith(stamp) ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps what was made, the stamp last, so that lines stay what the source map says. In one step, since others may do the same now.
 * @param {URL} file
 * @param {string} stamp
 * @param {string} code
 */
function write(file, stamp, code) {
  try {
    mkdirSync(kept, { recursive: true });
    const own = new URL(`${file.href}.${process.pid}`);
    writeFileSync(own, `${code}${stamp}`);
    renameSync(own, file);
  } catch {
    // It is made again the next time.
  }
  return code;
}
