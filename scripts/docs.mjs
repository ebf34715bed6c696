// Builds the site of the documents: the API of each package, as its types and doc comments tell it, and the guides of docs/, with search. Nothing of it is
// fetched from elsewhere when it is looked at. What is not documented, a symbol without an example or its source, a link that leads nowhere, a drawing that
// does not parse, a README without one of its parts: each fails it. `pnpm docs`
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { Application, Converter, OptionDefaults } from 'typedoc';
import { brokenComments } from './docs-comments.mjs';
import { brokenDrawings } from './docs-drawings.mjs';
import { brokenReadmes } from './docs-readmes.mjs';
import { brokenSymbols } from './docs-symbols.mjs';
import { bin, filesBelow, finish, packages, root, run } from './workspace.mjs';

const site = join(root, '.docs');
/** @type {string[]} */
const problems = [];

/** What the packages export, and its members. @type {Set<string>} */
const symbols = new Set();

/** What every run of typedoc has. @type {import('typedoc').TypeDocOptions} */
const common = {
  excludeInternal: true,
  excludePrivate: true,
  disableGit: true,
  disableSources: true,
  treatWarningsAsErrors: true,
  ignoredHighlightLanguages: ['mermaid'],
  // Which browsers to ask for whom a page is: no link to elsewhere, no image, nothing that another server could see.
  githubPages: false,
};

const models = mkdtempSync(join(tmpdir(), 'docs-'));
process.on('exit', () => rmSync(models, { recursive: true, force: true }));

const links = run(bin('remark'), ['.', '--frail', '--quiet', '--ignore-path', '.gitignore', '--ext', 'md']);
/** @type {string[]} */
const files = [];
for (const one of packages()) files.push(await model(one));
await publish(files);
problems.push(...brokenReadmes(), ...brokenSymbols(symbols), ...(await brokenDrawings()), ...brokenPages());
const { code, output } = await links;
if (code !== 0) problems.push(`Links of the documents:\n${output.trim()}`);
finish(problems, `the API of ${files.length} packages and the guides are in ${relative(root, site)}/.`);

/** Reads one package: its entries under the names by which they are imported. @param {import('./workspace.mjs').Package} of */
async function model({ name, short, dir, entries }) {
  const app = await Application.bootstrap({
    ...common,
    name,
    basePath: dir,
    entryPoints: entries.map(({ file }) => join(dir, `src/${file}.ts`)),
    tsconfig: join(dir, 'tsconfig.json'),
    readme: join(dir, 'README.md'),
    sort: ['source-order'],
    validation: { notExported: false, invalidLink: true, notDocumented: true, rewrittenLink: true, invalidPath: true },
    requiredToBeDocumented: [
      'Class',
      'Function',
      'Interface',
      'TypeAlias',
      'Variable',
      'Method',
      'Property',
      'Accessor',
    ],
    blockTags: [...OptionDefaults.blockTags],
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const child of project.children ?? []) {
      const entry = entries.find(({ file }) => (file === 'index' ? 'src' : `src/${file}`) === child.name);
      if (entry) child.name = entry.subpath === '.' ? name : name + entry.subpath.slice(1);
    }
  });
  const project = await app.convert();
  if (project === undefined) throw new Error(`typedoc cannot read ${name}.`);
  app.validate(project);
  // A package with one entry has no module between.
  for (const entry of entries.length === 1 ? [project] : (project.children ?? [])) {
    const exported = entry.children ?? [];
    problems.push(...brokenComments(project, name, entry, exported));
    for (const symbol of exported) {
      symbols.add(symbol.name);
      for (const member of symbol.children ?? []) symbols.add(`${symbol.name}.${member.name}`);
    }
  }
  if (app.logger.hasErrors() || app.logger.hasWarnings()) problems.push(`${name}: what typedoc says stands above.`);
  const file = join(models, `${short}.json`);
  writeFileSync(file, JSON.stringify(app.serializer.projectToObject(project, /** @type {never} */ (root))));
  return file;
}

/** Makes the site of all of them. @param {string[]} entryPoints */
async function publish(entryPoints) {
  const app = await Application.bootstrapWithPlugins({
    ...common,
    name: 'The @x family',
    entryPointStrategy: 'merge',
    entryPoints,
    readme: join(root, 'README.md'),
    projectDocuments: ['docs/guides/*.md', 'docs/choosing.md', 'docs/semantics.md', 'docs/glossary.md'].map((path) =>
      join(root, path),
    ),
    plugin: ['@boneskull/typedoc-plugin-mermaid'],
    .../** @type {object} */ ({ mermaidSource: 'local' }),
    out: site,
    cleanOutputDir: true,
    searchInComments: true,
    searchInDocuments: true,
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc cannot put the packages together.');
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) problems.push('What typedoc says of the site stands above.');
}

/** What the pages of the site refer to has to be there, to the heading, and nothing is fetched from another server. */
function brokenPages() {
  /** @type {string[]} */
  const broken = [];
  /** @type {Map<string, string>} */
  const pages = new Map(filesBelow(site, ['.html']).map((page) => [page, readFileSync(page, 'utf8')]));
  for (const [page, html] of pages) {
    for (const [, kind, link = ''] of html.matchAll(/\s(href|src)="([^"]+)"/g)) {
      const [path = '', anchor] = link.split('#');
      const to = path === '' ? page : resolve(dirname(page), decodeURI(path));
      if (/^[a-z]+:/i.test(link)) {
        if (kind === 'src') broken.push(`${relative(root, page)}: ${link} is fetched from elsewhere.`);
      } else if (!existsSync(to)) broken.push(`${relative(root, page)}: ${link} is not there.`);
      else if (anchor && pages.get(to)?.includes(`id="${anchor}"`) === false)
        broken.push(`${relative(root, page)}: ${link} is not there; its page is.`);
    }
  }
  return broken;
}
