// Asserts the shape of every package's manifest, and that the files it promises are there.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { finish, needNode, packages, readJson, root } from './workspace.mjs';

/** @type {string[]} */
const problems = [];

for (const { name, short, dir, manifest } of packages()) {
  /** @type {Record<string, any>} */
  const json = manifest;
  /** @param {boolean} holds @param {string} message */
  const expect = (holds, message) => void (holds || problems.push(`packages/${short}/package.json: ${message}`));
  /** @param {string} key @param {unknown} value */
  const expectValue = (key, value) =>
    expect(
      isDeepStrictEqual(json[key], value),
      `"${key}" must be ${JSON.stringify(value)}, is ${JSON.stringify(json[key])}`,
    );

  expectValue('name', `@x/${short}`);
  expectValue('type', 'module');
  expectValue('sideEffects', false);
  expectValue('license', 'MIT');
  expectValue('engines', { node: '>=20' });
  expectValue('files', ['dist', ...(short === 'async' ? ['comparison.md'] : []), 'CHANGELOG.md']);
  expectValue('repository', {
    type: 'git',
    url: readJson(join(root, 'packages/abort/package.json')).repository.url,
    directory: `packages/${short}`,
  });
  expectValue('dependencies', short === 'abort' ? undefined : { '@x/abort': 'workspace:^' });
  expect(/^\d+\.\d+\.\d+$/.test(json.version), `"version" must be a version, is ${json.version}`);
  expect(json.private === undefined, 'a package is published: no "private"');
  expect(typeof json.description === 'string' && json.description.length >= 40, '"description" must be a sentence');
  expect(Array.isArray(json.keywords) && json.keywords.length >= 5, '"keywords" must be five or more');
  for (const key of [
    'main',
    'module',
    'types',
    'typings',
    'browser',
    'optionalDependencies',
    'bundledDependencies',
    'bin',
  ])
    expect(json[key] === undefined, `"${key}" has no place here: "exports" says it all`);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(json.scripts?.[script] === undefined, `a package runs nothing where it is installed: no "${script}" script`);

  // Peers are integrations: each must be optional, and a development dependency, so that it is tested.
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    expect(manifest.peerDependenciesMeta?.[peer]?.optional === true, `the peer ${peer} must be optional`);
    expect(json.devDependencies?.[peer] !== undefined, `the peer ${peer} must be a development dependency too`);
  }

  // Each entry is one top-level file of src/, with types for both kinds of module; '.' comes first, './package.json' last.
  const subpaths = Object.keys(manifest.exports);
  expect(
    subpaths[0] === '.' && subpaths.at(-1) === './package.json',
    '"exports" must begin with "." and end with "./package.json"',
  );
  for (const [subpath, entry] of Object.entries(manifest.exports)) {
    if (subpath === './package.json') {
      expect(entry === './package.json', '"./package.json" must export itself');
      continue;
    }
    const file = subpath === '.' ? 'index' : subpath.slice(2);
    /** @param {string} extension @returns {import('./workspace.mjs').ExportsWay} */
    const way = (extension) => ({
      types: `./dist/${file}.d.${extension.replace('j', 't')}`,
      ...(needNode.includes(name + subpath.slice(1)) ? { browser: `./dist/${file}.browser.${extension}` } : {}),
      default: `./dist/${file}.${extension}`,
    });
    const wanted = { import: way('js'), require: way('cjs') };
    // Compared as text: the order of conditions is their meaning.
    expect(
      JSON.stringify(entry) === JSON.stringify(wanted),
      `"exports" of "${subpath}" must be ${JSON.stringify(wanted)}`,
    );
    expect(existsSync(join(dir, `src/${file}.ts`)), `"exports" names ${subpath}, but there is no src/${file}.ts`);
  }

  const index = readFileSync(join(dir, 'src/index.ts'), 'utf8').trimEnd().split('\n');
  if (index.length > 25)
    problems.push(
      `packages/${short}/src/index.ts has ${index.length} lines: an index holds named re-exports, at most 25 lines.`,
    );
  if (!existsSync(join(dir, 'README.md'))) problems.push(`packages/${short} has no README.md.`);
  // Changesets writes the changelog with the first release.
  if (manifest.version !== '0.0.0' && !existsSync(join(dir, 'CHANGELOG.md')))
    problems.push(`packages/${short} has no CHANGELOG.md.`);
  if (!readFileSync(join(root, 'tsconfig.base.json'), 'utf8').includes(`"${name}"`))
    problems.push(`tsconfig.base.json has no path for ${name}.`);
}

// A release of a package begins with a changeset, in the words of its users.
const changesets = readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md'));
const announced = changesets.map((file) => readFileSync(join(root, '.changeset', file), 'utf8')).join('\n');
for (const { name, manifest } of packages()) {
  if (manifest.version === '0.0.0' && !new RegExp(`^['"]?${name}['"]?: minor$`, 'm').test(announced))
    problems.push(`${name} has never been released, and no changeset says that it will be: \`pnpm changeset\`.`);
}

// What is no package is never published.
for (const folder of ['.', 'bench', ...readdirSync(join(root, 'examples')).map((name) => `examples/${name}`)]) {
  const file = join(root, folder, 'package.json');
  if (existsSync(file) && readJson(file).private !== true)
    problems.push(`${folder}/package.json: "private" must be true`);
}

finish(problems, 'Manifests are in shape.');
