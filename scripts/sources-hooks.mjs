// The hooks of sources.mjs: a program in TypeScript is made one of JavaScript, with all that it imports from this repository, in a few files. What has been made is kept
// until one of its sources is another: to start what makes it takes longer than most programs do, and so does it to read a hundred modules one by one.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const kept = join(root, 'node_modules/.cache/programs');
/** What was made longer ago than this is removed when something is made, in milliseconds. */
const longest = 7 * 24 * 60 * 60 * 1000;

/** @typedef {{ entry: string, outputs: string[], sources: Record<string, string> }} Made What a program was made into, and of what. */

/**
 * What could not be kept, by its address: the repository may be one that only can be read.
 * @type {Map<string, Uint8Array>}
 */
const unkept = new Map();

/** @type {import('node:module').ResolveHook} */
export const resolve = async (specifier, context, next) => {
  if (unkept.size > 0 && specifier.startsWith('./') && unkept.has(context.parentURL ?? '')) {
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
  }
  if (!specifier.startsWith('file:') || !specifier.endsWith('.ts')) return next(specifier, context);
  const path = fileURLToPath(specifier);
  const record = join(kept, `${createHash('sha1').update(path).digest('hex')}.json`);
  /** How Node finds what no source is. @param {string} wanted @param {string} from */
  const find = async (wanted, from) => (await next(wanted, { ...context, parentURL: pathToFileURL(from).href })).url;
  const { entry } = known(record) ?? (await make(path, record, find));
  return { url: pathToFileURL(join(kept, entry)).href, format: 'module', shortCircuit: true };
};

/** @type {import('node:module').LoadHook} */
export const load = (url, context, next) => {
  const source = unkept.get(url);
  return source === undefined ? next(url, context) : { source, format: 'module', shortCircuit: true };
};

/** What is kept of a program, if all of it is there and nothing that it was made of is another by now. @param {string} record */
function known(record) {
  try {
    const made = /** @type {Made} */ (JSON.parse(readFileSync(record, 'utf8')));
    const whole = made.outputs.every((name) => existsSync(join(kept, name)));
    return whole && Object.entries(made.sources).every(([path, stamp]) => stampOf(path) === stamp) ? made : undefined;
  } catch {
    return undefined;
  }
}

/** Another one when the file is another. @param {string} path */
function stampOf(path) {
  const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true });
  return [mtimeNs, ctimeNs, size, ino].join(' ');
}

/** @typedef {(specifier: string, importer: string) => Promise<string>} Find */

/** @param {string} path @param {string} record @param {Find} find */
async function make(path, record, find) {
  const { build } = await import('esbuild');
  /** @type {Set<string>} */
  const others = new Set([fileURLToPath(import.meta.url), join(root, 'pnpm-lock.yaml')]);
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    absWorkingDir: root,
    outdir: kept,
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    define: { 'import.meta.url': 'import_meta_url' },
    plugins: [{ name: 'sources', setup: (builder) => fromSources(builder, find, others) }],
  });
  const sources = [...others, ...Object.keys(metafile.inputs).map((input) => join(root, input))];
  const outputs = outputFiles.map((file) => basename(file.path));
  const entry = Object.entries(metafile.outputs).find(
    ([, { entryPoint }]) => entryPoint && join(root, entryPoint) === path,
  );
  if (entry === undefined) throw new Error(`Nothing was made of ${path}.`);
  /** @type {Made} */
  const made = {
    entry: basename(entry[0]),
    outputs,
    sources: Object.fromEntries(sources.map((source) => [source, stampOf(source)])),
  };
  try {
    keep(record, made, outputFiles);
  } catch {
    for (const { path: file, contents } of outputFiles) unkept.set(pathToFileURL(file).href, contents);
  }
  return made;
}

/** @param {string} record @param {Made} made @param {readonly import('esbuild').OutputFile[]} files */
function keep(record, made, files) {
  mkdirSync(kept, { recursive: true });
  for (const name of readdirSync(kept)) {
    const file = join(kept, name);
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > longest) rmSync(file, { force: true });
  }
  for (const { path: file, contents } of files) write(file, contents);
  write(record, JSON.stringify(made));
}

/**
 * A package of this repository is its sources, those of others stay where they are, and each module keeps its own address.
 * @param {import('esbuild').PluginBuild} builder
 * @param {Find} find
 * @param {Set<string>} others gets what the program is not made of, but leads to
 */
function fromSources(builder, find, others) {
  builder.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer }) => {
    if (kind === 'entry-point') return undefined;
    const [, name, entry = 'index'] = /^@x\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    if (name !== undefined) return { path: join(root, `packages/${name}/src/${entry}.ts`) };
    const url = await find(path, importer);
    if (url.startsWith('file:')) others.add(fileURLToPath(url));
    return { path: url, external: true };
  });
  builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const text = readFileSync(path, 'utf8');
    const own = text.includes('import.meta.url');
    const address = own ? `const import_meta_url = ${JSON.stringify(pathToFileURL(path).href)};` : '';
    return { loader: 'ts', contents: `${address}${text}` };
  });
}

/** In one step, since others may do the same now. @param {string} file @param {string | Uint8Array} contents */
function write(file, contents) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, contents);
  renameSync(own, file);
}
