// Packs every package as it would be published and looks at it as a stranger does: what the tarball holds, publint, attw, and an
// install of the tarballs into an empty folder, where every entry is imported, required and type-checked.
// Needs `pnpm build` first.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bin, finish, inParallel, packages, pnpm, root, run } from './workspace.mjs';

/** What runs there: prints a line for every entry that does not load, or differs between `import` and `require`. */
const use = `
(async () => {
  for (const name of process.argv.slice(2)) {
    const names = async (load) => Object.keys(await load()).filter((key) => key !== 'default' && key !== 'module.exports').sort();
    const ways = [names(() => import(name)), names(async () => require(name))];
    const [esm, cjs] = await Promise.allSettled(ways);
    for (const way of [esm, cjs]) {
      if (way.status === 'rejected') {
        const missing = /(?:package|module) '([^']+)'/.exec(way.reason.message);
        const code = way.reason.code;
        if (missing && /MODULE_NOT_FOUND/.test(code)) console.log(name + ' does not load without ' + missing[1]);
        else console.log(name + ' does not load: ' + way.reason.stack);
      }
    }
    if (esm.status === 'fulfilled' && cjs.status === 'fulfilled') {
      if (esm.value.length === 0) console.log(name + ' exports nothing');
      if (esm.value.join() !== cjs.value.join()) console.log(name + ' exports ' + esm.value + ' as ESM, but ' + cjs.value + ' as CommonJS');
    }
  }
})();
`;

const chosen = packages();
const packs = join(root, '.packs');
/** @type {string[]} */
const problems = [];
/** @param {boolean} holds @param {string} message */
const expect = (holds, message) => void (holds || problems.push(message));

// Pack. The scripts of the packages are not run: they would build again what `pnpm build` has built.
rmSync(packs, { recursive: true, force: true });
const filters = chosen.flatMap(({ name }) => ['--filter', name]);
const pack = [...filters, '-r', 'pack', '--pack-destination', packs, '--config.ignore-scripts=true'];
const packed = await pnpm(pack);
if (packed.code !== 0) {
  finish([`pnpm pack failed:\n${packed.output}`], '');
  process.exit();
}
const tarballs = chosen.map((pkg) => ({ ...pkg, tarball: join(packs, `x-${pkg.short}-${pkg.manifest.version}.tgz`) }));

// What each tarball holds.
for (const { name, tarball, manifest } of tarballs) {
  const files = (await run('tar', ['-tzf', tarball])).stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  for (const path of [
    'package.json',
    'README.md',
    'LICENSE',
    ...targets(manifest.exports).map((path) => path.slice(2)),
  ])
    expect(files.includes(path), `${name}: the tarball lacks ${path}`);
  for (const path of files) {
    expect(
      /^(package\.json|README\.md|CHANGELOG\.md|comparison\.md|LICENSE|dist\/[\w.-]+\.(js|cjs|d\.ts|d\.cts|js\.map|cjs\.map))$/.test(
        path,
      ),
      `${name}: the tarball holds ${path}`,
    );
    expect(!/test/.test(path), `${name}: the tarball holds a test, ${path}`);
  }
  const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
  expect(!stdout.includes('workspace:'), `${name}: the packed manifest still says workspace:`);
}

// What publint and attw say. attw's profile leaves out the resolution of Node 10, which knows no "exports".
const lint = inParallel(tarballs, async ({ name, tarball }) => {
  const publint = await run(bin('publint'), ['run', tarball, '--strict']);
  const attw = await run(bin('attw'), [
    tarball,
    '--profile',
    'node16',
    '--format',
    'ascii',
    '--no-emoji',
    '--no-color',
  ]);
  expect(publint.code === 0, `${name}: publint:\n${publint.output}`);
  expect(attw.code === 0, `${name}: attw:\n${attw.output}`);
});

await stranger();
await lint;
finish(problems, `Packed, and good for strangers: ${chosen.map(({ short }) => short).join(', ')}.`);

/** Installs the tarballs into an empty folder, and uses every entry there. */
async function stranger() {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'stranger-'));
  const home = join(folder, 'home');
  try {
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{ "name": "stranger", "private": true }\n');
    const install = await run(
      'npm',
      [
        'install',
        '--offline',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
        ...tarballs.map(({ tarball }) => tarball),
      ],
      {
        cwd: home,
      },
    );
    if (install.code !== 0) return void problems.push(`npm install of the tarballs failed:\n${install.output}`);
    expect(!existsSync(join(home, 'node_modules/@opentelemetry')), 'the install brought more than the packages');

    const entries = chosen.flatMap((pkg) =>
      pkg.entries.map(({ subpath }) => ({ pkg, specifier: pkg.name + subpath.slice(1) })),
    );
    const peers = chosen.flatMap((pkg) =>
      Object.keys(pkg.manifest.peerDependencies ?? {}).map((peer) => ({ peer, pkg })),
    );

    // Without the optional peers every entry works but those that name them; these say what is missing.
    writeFileSync(join(home, 'use.cjs'), use);
    const bare = await run(process.execPath, ['use.cjs', ...entries.map(({ specifier }) => specifier)], {
      cwd: home,
      timeout: 60_000,
    });
    for (const line of bare.stdout.trim().split('\n')) {
      if (line !== '' && !peers.some(({ peer }) => line.includes('without') && line.includes(peer)))
        problems.push(line);
    }
    if (bare.code !== 0) problems.push(`The entries do not load:\n${bare.output}`);

    // Each package alone: nothing but it and what it depends on is there.
    for (const { name, short, manifest } of chosen) {
      const alone = join(folder, 'alone', short);
      for (const installed of [name, ...Object.keys(manifest.dependencies ?? {})])
        cpSync(join(home, 'node_modules', installed), join(alone, 'node_modules', installed), { recursive: true });
      cpSync(join(home, 'use.cjs'), join(alone, 'use.cjs'));
      const { stdout, output } = await run(process.execPath, ['use.cjs', name], { cwd: alone, timeout: 60_000 });
      if (stdout !== '') problems.push(`${name} does not load alone:\n${output}`);
    }

    // With the peers, everything loads.
    for (const { peer, pkg } of peers) {
      mkdirSync(dirname(join(home, 'node_modules', peer)), { recursive: true });
      symlinkSync(realpathSync(join(pkg.dir, 'node_modules', peer)), join(home, 'node_modules', peer));
    }
    const full = await run(process.execPath, ['use.cjs', ...entries.map(({ specifier }) => specifier)], {
      cwd: home,
      timeout: 60_000,
    });
    if (full.code !== 0 || full.stdout !== '') problems.push(`The entries do not load:\n${full.output}`);

    // Types, with nothing skipped: as an ES module, as CommonJS and for a bundler; by Node's types or, where Node is not needed, the DOM's.
    mkdirSync(join(home, 'node_modules/@types'));
    symlinkSync(realpathSync(join(root, 'node_modules/@types/node')), join(home, 'node_modules/@types/node'));
    const undici = join(dirname(realpathSync(join(root, 'node_modules/@types/node'))), '../undici-types');
    if (existsSync(undici)) symlinkSync(realpathSync(undici), join(home, 'node_modules/undici-types'));
    const lines = entries.map(
      ({ specifier }, index) => `import * as entry${index} from '${specifier}';\nexport { entry${index} };\n`,
    );
    for (const extension of ['mts', 'cts']) writeFileSync(join(home, `node.${extension}`), lines.join(''));
    const main = lines.filter((_, index) => entries[index]?.specifier.split('/').length === 2);
    writeFileSync(join(home, 'web.mts'), main.join(''));
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--skipLibCheck', 'false', '--pretty', 'false'];
    const node = [...options, '--types', 'node', '--lib', 'es2022'];
    const programs = [
      [...node, '--module', 'nodenext', 'node.mts', 'node.cts'],
      [...node, '--module', 'esnext', '--moduleResolution', 'bundler', 'node.mts'],
      [...options, '--lib', 'es2022,dom', '--module', 'esnext', '--moduleResolution', 'bundler', 'web.mts'],
    ];
    await inParallel(programs, async (args) => {
      const { code, output } = await run(bin('tsc'), args, { cwd: home });
      expect(code === 0, `A stranger's tsc ${args.join(' ')}:\n${output}`);
    });
    expect(
      !readFileSync(join(home, 'package-lock.json'), 'utf8').includes('workspace:'),
      'the install kept a workspace: range',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {import('./workspace.mjs').Manifest['exports']} exports @returns {string[]} */
function targets(exports) {
  return Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [...Object.values(entry.import), ...Object.values(entry.require)],
  );
}
