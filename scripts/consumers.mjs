// Projects of every kind that people have, each with the packed packages and nothing else of this repository. What the projects are made of is in
// consumers/fixtures; the tools that they use are installed once, from consumers/pnpm-lock.yaml, into a cache.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { inParallel, needNode, pnpm, root, run } from './workspace.mjs';

/** @typedef {import('./rehearse-release.mjs').Packed} Packed */
/** @typedef {{ name: string, use: () => Promise<string[]> }} Consumer */

const fixtures = join(root, 'scripts/consumers/fixtures');
const cache = join(root, 'node_modules/.cache/consumers');
/** @param {string} path */
const tool = (path) => join(cache, 'node_modules', path);

/**
 * @param {string} folder Where the projects go.
 * @param {Packed[]} packed
 * @param {Packed[]} next Another version of the same packages.
 * @param {boolean} full
 * @returns {Promise<Consumer[]>}
 */
export async function consumers(folder, packed, next, full) {
  const home = join(folder, 'home');
  const later = join(folder, 'later');
  const problems = (
    await inParallel([installTools, () => install(home, packed), () => install(later, next)], (step) => step())
  ).flat();
  if (problems.length > 0) return [{ name: 'install', use: async () => problems }];

  return [
    ...compilers(home, full),
    { name: 'jest, ES modules', use: () => jest(home, 'jest-esm', 'module') },
    { name: 'jest, CommonJS', use: () => jest(home, 'jest-commonjs', 'commonjs') },
    { name: 'vitest', use: () => vitest(home) },
    ...['esbuild', 'rollup', 'vite', 'webpack'].map((bundler) => ({
      name: `${bundler}, for browsers`,
      use: () => bundle(home, bundler),
    })),
    { name: 'Node, ES modules', use: () => program(home, 'esm', 'module') },
    { name: 'Node, CommonJS', use: () => program(home, 'commonjs', 'commonjs') },
    { name: 'two versions, ES modules and CommonJS in one program', use: () => twoCopies(home, later) },
    ...packed.map((pkg) => ({
      name: `${pkg.name} alone`,
      use: () => alone(join(folder, 'alone', pkg.short), pkg, packed),
    })),
  ];
}

/** Installs compilers, bundlers and test runners, if they are not those of the lockfile yet. @returns {Promise<string[]>} */
async function installTools() {
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((file) =>
    join(root, 'scripts/consumers', file),
  );
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const key = hash.digest('hex');
  const mark = join(cache, 'installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === key) return [];
  mkdirSync(cache, { recursive: true });
  for (const file of files) cpSync(file, join(cache, file.slice(dirname(file).length)));
  const { code, output } = await pnpm(['install', '--frozen-lockfile', '--ignore-scripts'], { cwd: cache });
  if (code !== 0) return [`the tools cannot be installed:\n${output}`];
  writeFileSync(mark, key);
  return [];
}

/** Installs tarballs into an empty project, as npm does, and looks at what came. @param {string} project @param {Packed[]} packed */
async function install(project, packed) {
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "private": true }\n');
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await run('npm', ['install', ...options, ...packed.map(({ tarball }) => tarball)], {
    cwd: project,
  });
  if (code !== 0) return [`npm install:\n${output}`];
  const names = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
  const there = readdirSync(join(project, 'node_modules/@x')).map((name) => `@x/${name}`);
  /** @type {string[]} */
  const problems = [];
  const wanted = packed.map(({ name }) => name).sort();
  if (names.join() !== '@x' || there.sort().join() !== wanted.join())
    problems.push(`npm installed ${[...names, ...there].join(', ')} for ${wanted.join(', ')}`);
  if (readFileSync(join(project, 'package-lock.json'), 'utf8').includes('hasInstallScript'))
    problems.push('something runs when it is installed');
  for (const { name } of packed)
    if (existsSync(join(project, 'node_modules', name, 'node_modules')))
      problems.push(`${name} was installed with another version of what it stands on`);
  return problems;
}

/** A project in the folder of the install, made of a folder of fixtures. @param {string} home @param {string} name @param {string} fixture @param {object} [manifest] */
function project(home, name, fixture, manifest = {}) {
  const dir = join(home, name);
  cpSync(join(fixtures, fixture), dir, { recursive: true });
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ name: name.replaceAll('/', '-'), private: true, ...manifest }),
  );
  return dir;
}

/** Puts what a person would do first beside a project's files. @param {string} dir @param {'module' | 'commonjs'} type */
function addUse(dir, type) {
  const text = readFileSync(join(fixtures, 'use.js'), 'utf8');
  const commonjs = () => `${text.replaceAll(/^export /gm, '')}\nmodule.exports = { check, expected, use };\n`;
  writeFileSync(join(dir, 'use.js'), type === 'module' ? text : commonjs());
}

/** @param {string} dir @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
async function runNode(dir, args, env) {
  const { code, output } = await run(process.execPath, args, { cwd: dir, timeout: 5 * 60_000, ...(env && { env }) });
  return code === 0 ? [] : [output.trim() || `ended with ${code}`];
}

/** @param {string} home @param {string} name @param {'module' | 'commonjs'} type */
async function program(home, name, type) {
  const dir = project(home, name, name, { type });
  addUse(dir, type);
  return runNode(dir, ['main.js']);
}

/** @param {string} home @param {string} name @param {'module' | 'commonjs'} type */
async function jest(home, name, type) {
  const dir = project(home, name, name, {
    type,
    jest: { cacheDirectory: join(home, name, 'cache'), ...(type === 'module' && { transform: {} }) },
  });
  addUse(dir, type);
  link(dir, '@jest/globals', tool('@jest/globals'));
  const flags = type === 'module' ? ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'] : [];
  return runNode(dir, [...flags, tool('jest/bin/jest.js'), '--runInBand', '--silent']);
}

/** @param {string} home */
async function vitest(home) {
  const dir = project(home, 'vitest', 'vitest', { type: 'module' });
  addUse(dir, 'module');
  link(dir, 'vitest', tool('vitest'));
  return runNode(dir, [tool('vitest/vitest.mjs'), 'run', '--pool=threads']);
}

/** Links a tool into a project. @param {string} dir @param {string} name @param {string} target */
function link(dir, name, target) {
  mkdirSync(dirname(join(dir, 'node_modules', name)), { recursive: true });
  symlinkSync(realpathSync(target), join(dir, 'node_modules', name));
}

/** @param {string} home @param {string} later */
async function twoCopies(home, later) {
  const dir = project(home, 'two-copies', 'two-copies');
  return runNode(dir, ['main.mjs', home, later]);
}

/**
 * Compilers with the module resolutions and the libraries that people have.
 * @param {string} home
 * @param {boolean} full
 * @returns {Consumer[]}
 */
function compilers(home, full) {
  // The first is the oldest that can write the declarations of a library that exports ours: the root's README says so.
  const versions = ['5.4', '5.9', '6', '7'];
  const resolutions = ['node16', 'nodenext', 'bundler'];
  const libraries = ['Node', 'DOM', 'Node and DOM'];
  /** @type {{ version: string, resolution: string, library: string, skipLibCheck: boolean, strictest: boolean }[]} */
  let programs = versions.flatMap((version) =>
    resolutions.flatMap((resolution) =>
      libraries.flatMap((library) =>
        [false, true].flatMap((skipLibCheck) =>
          [true, false].map((strictest) => ({ version, resolution, library, skipLibCheck, strictest })),
        ),
      ),
    ),
  );
  if (!full) {
    // Each compiler with each resolution, in its strictest form, the libraries going round; and each once as lenient as `strict` can be.
    programs = programs.filter(({ version, resolution, library, skipLibCheck, strictest }) => {
      const turn = (versions.indexOf(version) + resolutions.indexOf(resolution)) % libraries.length;
      if (skipLibCheck !== strictest)
        return strictest ? library === libraries[turn] : resolution === 'bundler' && library === 'Node';
      return false;
    });
  }
  // Of all of them, those of one module resolution at a time.
  const builds = versions.flatMap((version) =>
    full ? resolutions.map((only) => ({ version, only })) : { version, only: '' },
  );
  return builds.map(({ version, only }) => {
    const mine = programs.filter((program) => program.version === version && program.resolution.startsWith(only));
    return {
      name: `TypeScript ${version}, ${mine.length} configurations${only === '' ? '' : ` of ${only}`}`,
      // As projects of one build, so that the compiler starts once.
      use: () => {
        const dirs = mine.map(({ resolution, library, skipLibCheck, strictest }) => {
          const name = `${resolution}-${library}${skipLibCheck ? '-skipLibCheck' : ''}${strictest ? '-strictest' : ''}`;
          const dir = project(home, join(`typescript-${version}`, name.replaceAll(' ', '-')), 'types', {
            type: 'module',
          });
          const node = library.includes('Node');
          const files = [
            'main.ts',
            'inferred.ts',
            ...(node ? ['node.ts', ...(resolution === 'bundler' ? [] : ['legacy.cts'])] : []),
          ];
          configure(dir, files, node, {
            module: resolution === 'bundler' ? 'esnext' : resolution,
            moduleResolution: resolution,
            lib: ['es2022', ...(library.includes('DOM') ? ['dom', 'dom.iterable'] : [])],
            // What our declarations need of Node's they ask for themselves: by default the newest compilers include nothing. Main entries need none of it.
            types: [],
            skipLibCheck,
            ...(strictest && {
              exactOptionalPropertyTypes: true,
              noUncheckedIndexedAccess: true,
              noImplicitOverride: true,
              noPropertyAccessFromIndexSignature: true,
              isolatedModules: true,
              verbatimModuleSyntax: true,
            }),
          });
          return dir;
        });
        return compile(join(home, `typescript-${version}`), version, dirs);
      },
    };
  });
}

/** @param {string} dir @param {string[]} files @param {boolean} node whether the types of Node are installed @param {object} options */
function configure(dir, files, node, options) {
  const compilerOptions = {
    target: 'es2022',
    declaration: true,
    emitDeclarationOnly: true,
    outDir: 'declarations',
    strict: true,
    ...options,
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ files, compilerOptions }));
  if (node) link(dir, '@types/node', tool('@types/node'));
}

/** @param {string} dir @param {string} version @param {string[]} projects */
const compile = (dir, version, projects) =>
  runNode(dir, [tool(`typescript-${version}/bin/tsc`), '--build', '--pretty', 'false', ...projects]);

/** What browsers have of all that is not of the language, and what the bundles may therefore use. */
const common = {
  AbortController,
  AbortSignal,
  DOMException,
  Event,
  EventTarget,
  clearInterval,
  clearTimeout,
  console,
  performance,
  queueMicrotask,
  setInterval,
  setTimeout,
};

/** @param {string} home @param {string} bundler */
async function bundle(home, bundler) {
  const dir = project(home, `bundle-${bundler}`, 'bundle', { type: 'module' });
  addUse(dir, 'module');
  /** @type {string[]} */
  const problems = [];
  try {
    const code = await bundlers[bundler]?.(dir, 'main.js');
    const context = createContext({ ...common });
    runInContext(code ?? '', context, { timeout: 10_000 });
    const outcome = await runInContext('outcome', context, { timeout: 10_000 });
    if (outcome !== 'as expected') problems.push(`the bundle gives ${String(outcome)}`);
  } catch (error) {
    problems.push(`the page cannot be bundled, or does not run: ${String(error)}`);
  }
  // An entry that needs Node ends the build, and says why.
  for (const entry of needNode) {
    const name = `${entry.replaceAll('/', '-')}.js`;
    writeFileSync(join(dir, name), `import * as entry from '${entry}';\nconsole.log(entry);\n`);
    const said = await bundlers[bundler]?.(dir, name).then(
      () => 'nothing, and makes a bundle',
      (error) => String(error.message),
    );
    if (!said?.includes(`${entry} needs Node.js, Deno or Bun and cannot be part of a bundle for browsers`))
      problems.push(`of ${entry} it says ${String(said)}`);
  }
  return problems;
}

/** Not called `require`: what it loads is no dependency of this workspace. */
const load = createRequire(join(cache, 'package.json'));
/** Each gives the code of a classic script, and rejects with all that it has to say. @type {Record<string, (dir: string, file: string) => Promise<string>>} */
const bundlers = {
  async esbuild(dir, file) {
    const options = {
      absWorkingDir: dir,
      entryPoints: [file],
      bundle: true,
      minify: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      logLevel: 'silent',
    };
    return (await load('esbuild').build(options)).outputFiles[0].text;
  },
  async rollup(dir, file) {
    const plugins = [load('@rollup/plugin-node-resolve').nodeResolve({ browser: true })];
    const onwarn = (/** @type {Error} */ warning) => {
      throw new Error(warning.message);
    };
    const built = await load('rollup').rollup({ input: join(dir, file), plugins, onwarn });
    return (await built.generate({ format: 'iife' })).output[0].code;
  },
  async vite(dir, file) {
    const { build } = await import(join(dirname(realpathSync(tool('vite/package.json'))), 'dist/node/index.js'));
    const lib = { entry: file, formats: ['iife'], name: 'page', fileName: 'page' };
    const [{ output }] = await build({
      root: dir,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, lib },
    });
    return output[0].code;
  },
  webpack: (dir, file) =>
    new Promise((resolve, reject) => {
      const output = { path: join(dir, 'out'), filename: file };
      load('webpack')(
        { mode: 'production', target: 'web', context: dir, entry: `./${file}`, output, cache: false },
        (/** @type {Error} */ error, /** @type {any} */ stats) => {
          if (error) reject(error);
          else if (stats.hasErrors() || stats.hasWarnings())
            reject(new Error(stats.toString({ all: false, errors: true, warnings: true })));
          else resolve(readFileSync(join(dir, 'out', file), 'utf8'));
        },
      );
    }),
};

/** Nothing is installed but the package and what it depends on: it loads in both ways, compiles and can be bundled. @param {string} dir @param {Packed} pkg @param {Packed[]} packed */
async function alone(dir, pkg, packed) {
  const needed = packed.filter(({ name }) => name === pkg.name || name in (pkg.manifest.dependencies ?? {}));
  const problems = await install(dir, needed);
  if (problems.length > 0) return problems;
  // An entry for an optional peer is none of what works alone: packs.mjs looks at it.
  const peers = Object.keys(pkg.manifest.peerDependencies ?? {});
  const entries = Object.keys(pkg.manifest.exports)
    .filter((subpath) => subpath !== './package.json' && !(peers.length > 0 && subpath === './otel'))
    .map((subpath) => pkg.name + subpath.slice(1));
  const { name, use } = { name: pkg.short, use: readFileSync(join(fixtures, 'use.js'), 'utf8') };
  writeFileSync(join(dir, 'use.mjs'), use);
  writeFileSync(
    join(dir, 'main.mjs'),
    `import { createRequire } from 'node:module';
import { check } from './use.mjs';
const require = createRequire(import.meta.url);
for (const entry of ${JSON.stringify(entries)}) {
  await import(entry);
  require(entry);
}
await check({ ${name}: await import('${pkg.name}') });
await check({ ${name}: require('${pkg.name}') });
`,
  );
  const lines = entries.map((entry, index) => `export * as entry${index} from '${entry}';\n`);
  writeFileSync(join(dir, 'types.mts'), lines.join(''));
  writeFileSync(join(dir, 'page.mjs'), `import * as all from '${pkg.name}';\nglobalThis.all = all;\n`);
  configure(dir, ['types.mts'], true, { module: 'nodenext', lib: ['es2022'], types: ['node'], skipLibCheck: false });
  const found = await inParallel(
    [
      () => runNode(dir, ['main.mjs']),
      () => compile(dir, '7', ['.']),
      () =>
        bundlers.esbuild?.(dir, 'page.mjs').then(
          () => [],
          (error) => [String(error.message)],
        ) ?? Promise.resolve([]),
    ],
    (step) => step(),
  );
  return found.flat();
}
