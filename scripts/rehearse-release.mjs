// Makes a release on a copy of the tree: what `pnpm changeset version` and `pnpm release` would do, short of publishing.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, pnpm, readJson, root, run } from './workspace.mjs';

/** @typedef {'patch' | 'minor' | 'major'} Bump */
/** @typedef {{ name: string, bumps: Record<string, Bump>, summary: string }} Changeset */
/** @typedef {{ name: string, short: string, version: string, tarball: string, manifest: import('./workspace.mjs').Manifest }} Packed */

/** @type {Bump[]} */
const sizes = ['major', 'minor', 'patch'];

/** Copies what a release is made of, with what `pnpm build` has built. @param {string} tree */
export function copyTree(tree) {
  for (const path of ['.changeset', 'LICENSE', 'package.json', 'pnpm-workspace.yaml'])
    cpSync(join(root, path), join(tree, path), { recursive: true });
  for (const { short, dir, manifest } of packages()) {
    const to = join(tree, 'packages', short);
    for (const path of ['package.json', 'README.md', 'CHANGELOG.md', 'dist'])
      if (existsSync(join(dir, path))) cpSync(join(dir, path), join(to, path), { recursive: true });
    // As an install of the workspace links them: pnpm reads from there what `workspace:^` stands for.
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      mkdirSync(join(to, 'node_modules/@x'), { recursive: true });
      symlinkSync(join('../../..', name.slice('@x/'.length)), join(to, 'node_modules', name));
    }
  }
  return tree;
}

/**
 * Versions the packages of the tree and packs them.
 * @param {string} tree
 * @param {string} to Where the tarballs go.
 * @param {Record<string, Bump>} [changed] A change of these packages beside those that have been announced.
 * @returns {Promise<{ packed: Packed[], problems: string[] }>}
 */
export async function makeRelease(tree, to, changed) {
  /** @type {string[]} */
  const problems = [];
  /** @param {boolean} holds @param {string} message */
  const expect = (holds, message) => void (holds || problems.push(message));
  const folders = readdirSync(join(tree, 'packages'));
  /** @param {string} short @returns {import('./workspace.mjs').Manifest} */
  const manifestOf = (short) => readJson(join(tree, 'packages', short, 'package.json'));
  const before = Object.fromEntries(folders.map((short) => [`@x/${short}`, manifestOf(short).version]));

  // Nothing has been announced: then of everything that it were to be released again.
  const announced = changesets(tree);
  const made =
    changed ?? (announced.length === 0 ? Object.fromEntries(Object.keys(before).map((name) => [name, 'patch'])) : {});
  if (Object.keys(made).length > 0) {
    const lines = Object.entries(made).map(([name, bump]) => `"${name}": ${bump}`);
    writeFileSync(
      join(tree, '.changeset/rehearsed.md'),
      `---\n${lines.join('\n')}\n---\n\nA change that is rehearsed.\n`,
    );
  }
  const pending = changesets(tree);
  for (const [name, version] of Object.entries(before))
    if (version === '0.0.0')
      expect(
        pending.some(({ bumps }) => bumps[name] === 'minor'),
        `${name} has never been released, and no changeset says that it will be.`,
      );

  const versioned = await run(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: tree,
  });
  if (versioned.code !== 0) return { packed: [], problems: [`changeset version failed:\n${versioned.output}`] };
  expect(changesets(tree).length === 0, 'changeset version has left changesets behind.');

  const wanted = versionsAfter(before, pending, folders.map(manifestOf));
  for (const short of folders) {
    const name = `@x/${short}`;
    const { version, dependencies = {} } = manifestOf(short);
    expect(version === wanted[name], `${name} would be released as ${version}, not as ${wanted[name]}.`);
    // In the sources the range stays.
    for (const [dependency, range] of Object.entries(dependencies))
      expect(range === 'workspace:^', `${name} names ${dependency} as ${range} in its sources.`);
    if (version === before[name]) continue;
    const changelog = existsSync(join(tree, 'packages', short, 'CHANGELOG.md'))
      ? readFileSync(join(tree, 'packages', short, 'CHANGELOG.md'), 'utf8')
      : '';
    const [section = ''] = changelog.split(/^## /m).slice(1);
    expect(changelog.startsWith(`# ${name}\n`), `${name}: the changelog does not begin with its name.`);
    expect(section.startsWith(`${version}\n`), `${name}: the changelog does not begin with ${version}.`);
    for (const { bumps, summary } of pending)
      if (bumps[name] !== undefined) expect(section.includes(summary), `${name}: the changelog lacks "${summary}".`);
  }

  const { code, output } = await pnpm(
    ['-r', '--filter', './packages/*', 'pack', '--pack-destination', to, '--config.ignore-scripts=true'],
    { cwd: tree },
  );
  if (code !== 0) return { packed: [], problems: [...problems, `pnpm pack failed:\n${output}`] };
  /** @type {Packed[]} */
  const packed = [];
  for (const short of folders) {
    const name = `@x/${short}`;
    const tarball = join(to, `x-${short}-${wanted[name]}.tgz`);
    if (!existsSync(tarball)) {
      problems.push(`${name}: there is no tarball of ${wanted[name]}.`);
      continue;
    }
    const read = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    /** @type {import('./workspace.mjs').Manifest & { scripts?: Record<string, string> }} */
    const manifest = JSON.parse(read.stdout);
    const dependencies = JSON.stringify(manifest.dependencies ?? {});
    const range = JSON.stringify(short === 'abort' ? {} : { '@x/abort': `^${wanted['@x/abort']}` });
    expect(dependencies === range, `${name}: the tarball depends on ${dependencies}, not on ${range}.`);
    expect(!read.stdout.includes('workspace:'), `${name}: the tarball's manifest says workspace:.`);
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts?.[script] === undefined, `${name}: the tarball runs ${script} where it is installed.`);
    const changelog = await run('tar', ['-xzOf', tarball, 'package/CHANGELOG.md']);
    expect(
      changelog.stdout.includes(`## ${wanted[name]}\n`),
      `${name}: the tarball's changelog lacks ${wanted[name]}.`,
    );
    packed.push({ name, short, version: manifest.version, tarball, manifest });
  }
  return { packed, problems };
}

/** What has been announced and not released. @param {string} tree @returns {Changeset[]} */
function changesets(tree) {
  return readdirSync(join(tree, '.changeset'))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => {
      const [, head = '', body = ''] = readFileSync(join(tree, '.changeset', file), 'utf8').split(/^---$/m);
      /** @type {Record<string, Bump>} */
      const bumps = {};
      for (const [, name = '', bump] of head.matchAll(/^['"]?(@x\/[a-z]+)['"]?: (patch|minor|major)$/gm))
        bumps[name] = /** @type {Bump} */ (bump);
      return { name: file, bumps, summary: body.trim() };
    });
}

/**
 * The versions that have to come out: the greatest bump announced, and at least a patch where a dependency has left the range.
 * @param {Record<string, string>} before
 * @param {Changeset[]} pending
 * @param {import('./workspace.mjs').Manifest[]} manifests
 */
function versionsAfter(before, pending, manifests) {
  /** @type {Record<string, string>} */
  const after = {};
  // Those first that others stand on.
  for (const { name, dependencies = {} } of manifests.sort(
    (a, b) => Object.keys(a.dependencies ?? {}).length - Object.keys(b.dependencies ?? {}).length,
  )) {
    const bumps = pending.flatMap(({ bumps }) => bumps[name] ?? []);
    const left = Object.keys(dependencies).some((on) => !sameCaret(before[on] ?? '', after[on] ?? ''));
    const bump = sizes.find((size) => bumps.includes(size)) ?? (left ? 'patch' : undefined);
    const version = before[name] ?? '';
    after[name] = bump === undefined ? version : bumped(version, bump);
  }
  return after;
}

/** @param {string} version @param {Bump} bump */
function bumped(version, bump) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (bump === 'major') return `${major + 1}.0.0`;
  return bump === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

/** Whether `^from` takes `to`, which is not older. @param {string} from @param {string} to */
function sameCaret(from, to) {
  const [a, b] = [from.split('.'), to.split('.')];
  const fixed = a.findIndex((part) => part !== '0');
  return a.slice(0, (fixed === -1 ? 2 : fixed) + 1).join() === b.slice(0, (fixed === -1 ? 2 : fixed) + 1).join();
}
