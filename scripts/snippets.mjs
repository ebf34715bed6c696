// Compiles every ```ts block of the documents and of the packages' doc comments against the built packages, as a user has them. Runs all blocks of the
// documents but those marked ```ts no-run: REASON, and what ends with `// Output:` in doc comments and examples/, too; what stands there has to be printed.
// What is wrong is reported at its place in the document.
// Each block is a module of its own. Needs `pnpm build` first. `pnpm snippets [part of a path...]`
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { filesBelow, finish, inParallel, packages, root, run } from './workspace.mjs';

/**
 * @typedef {object} Snippet
 * @property {string} source The document, relative to the root.
 * @property {number} line Where in the document the code begins, counted from 1.
 * @property {number} column What stands before the code on its lines: the ` * ` of a comment.
 * @property {string} code
 * @property {boolean} runs Whether it has to run to its end.
 * @property {string} file The module made of it.
 */

// A folder of its own, so that two runs do not meet.
const folder = join(root, `.snippets/${process.pid}`);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const wanted = process.argv.slice(2);
/** @param {string} path */
const chosen = (path) => wanted.length === 0 || wanted.some((part) => relative(root, path).includes(part));
/** @type {string[]} */
const problems = [];

const documents = filesBelow(root, ['.md']).filter((path) => !path.endsWith('CHANGELOG.md'));
const sources = packages().flatMap(({ dir }) =>
  filesBelow(join(dir, 'src'), ['.ts']).filter((path) => !/\.test(-d)?\.ts$|test-support/.test(path)),
);
const programs = filesBelow(join(root, 'examples'), ['.ts']).filter(
  (path) => expectedOutput(readFileSync(path, 'utf8')) !== undefined,
);

prepare();
const snippets = [...documents.filter(chosen).flatMap(inMarkdown), ...sources.filter(chosen).flatMap(inComments)].map(
  (snippet, index) => {
    const file = join(folder, `${snippet.source.replaceAll(/[^\w]+/g, '-')}-${snippet.line}-${index}.ts`);
    writeFileSync(file, snippet.code);
    return { ...snippet, file };
  },
);
const broken = compile(snippets);

const examples = programs.filter(chosen).map((file) => ({
  source: relative(root, file),
  line: 1,
  column: 0,
  code: readFileSync(file, 'utf8'),
  runs: true,
  file,
}));
const runnable = [...snippets.filter((snippet) => !broken.has(snippet)), ...examples]
  .map((snippet) => ({ ...snippet, expected: expectedOutput(snippet.code) }))
  .filter(({ runs, expected }) => runs || expected !== undefined);
await inParallel(runnable, execute);
const compared = runnable.filter(({ expected }) => expected !== undefined).length;

finish(
  problems,
  `${snippets.length} snippets compile; of them and ${examples.length} programs ${runnable.length} run, and ${compared} print what they say.`,
);

/** Makes the folder of the modules, where every package of the workspace and every library that a workspace uses can be imported. */
function prepare() {
  mkdirSync(join(folder, 'node_modules/@x'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  for (const { name, dir } of packages()) symlinkSync(dir, join(folder, 'node_modules', name));
  const workspaces = ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  );
  for (const workspace of [root, ...workspaces, join(root, 'bench')]) {
    const modules = join(workspace, 'node_modules');
    if (!existsSync(modules)) continue;
    const names = readdirSync(modules)
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) =>
        name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
      );
    for (const name of names) {
      const link = join(folder, 'node_modules', name);
      if (name.startsWith('@x/') || existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join(modules, name)), link);
    }
  }
}

/** @param {string} path @returns {Omit<Snippet, 'file'>[]} */
function inMarkdown(path) {
  return fences(readFileSync(path, 'utf8').split('\n'), relative(root, path), 0, true);
}

/** @param {string} path @returns {Omit<Snippet, 'file'>[]} */
function inComments(path) {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap((comment) => {
    const first = text.slice(0, comment.index).split('\n').length - 1;
    const indent = comment.index - (text.lastIndexOf('\n', comment.index) + 1);
    const lines = comment[0].split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
    return fences(lines, relative(root, path), indent + ' * '.length, false).map((snippet) => ({
      ...snippet,
      line: snippet.line + first,
    }));
  });
}

/**
 * The ```ts blocks of a text.
 * @param {string[]} lines
 * @param {string} source
 * @param {number} column
 * @param {boolean} run Whether those run that are not marked otherwise.
 * @returns {Omit<Snippet, 'file'>[]}
 */
function fences(lines, source, column, run) {
  const found = [];
  let begin = -1;
  let indent = '';
  let language = '';
  for (const [index, line] of lines.entries()) {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (fence === null) continue;
    if (begin === -1) {
      begin = index + 1;
      indent = fence[1] ?? '';
      language = (fence[2] ?? '').trim();
    } else {
      const code = lines
        .slice(begin, index)
        .map((each) => (each.startsWith(indent) ? each.slice(indent.length) : each.trimStart()));
      const [, mark] = /^ts(?: (.*))?$/.exec(language) ?? ['', 'not ours'];
      const noRun = mark !== undefined && /^no-run: \S/.test(mark);
      if (mark === undefined || noRun)
        found.push({
          source,
          line: begin + 1,
          column: column + indent.length,
          code: code.join('\n'),
          runs: run && !noRun,
        });
      else if (language.startsWith('ts '))
        problems.push(`${source}:${begin} A ts block says \`no-run: REASON\`, or nothing.`);
      begin = -1;
    }
  }
  return found;
}

/** Checks one program of all snippets, as a user's strict project would, and gives those that do not compile. @param {Snippet[]} all */
function compile(all) {
  /** @type {Set<Snippet>} */
  const broken = new Set();
  const program = ts.createProgram(
    all.map(({ file }) => file),
    {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      types: ['node'],
      typeRoots: [join(folder, 'node_modules/@types')],
      skipLibCheck: true,
    },
  );
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const message = `TS${diagnostic.code} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
    const snippet = all.find(({ file }) => file === diagnostic.file?.fileName);
    if (snippet === undefined || diagnostic.file === undefined) {
      problems.push(
        `${diagnostic.file === undefined ? '' : `${relative(root, diagnostic.file.fileName)}: `}${message}`,
      );
      continue;
    }
    broken.add(snippet);
    const { line, character } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    problems.push(`${snippet.source}:${snippet.line + line}:${snippet.column + character + 1} ${message}`);
  }
  return broken;
}

/** The line of the last `// Output:`, counted from 0, when nothing but comments follows it. @param {string} code */
function outputLine(code) {
  const lines = code
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  const begin = lines.lastIndexOf('// Output:');
  return begin !== -1 && lines.slice(begin).every((line) => line.startsWith('//')) ? begin : undefined;
}

/** What the code says that it prints: the comment lines after a last `// Output:`. @param {string} code @returns {string | undefined} */
function expectedOutput(code) {
  const begin = outputLine(code);
  if (begin === undefined) return undefined;
  const lines = code
    .trimEnd()
    .split('\n')
    .slice(begin + 1);
  return lines.map((line) => line.replace(/^\s*\/\/ ?/, '').trimEnd()).join('\n');
}

/** Runs one, and compares what it prints. @param {Snippet & { expected: string | undefined }} snippet */
async function execute({ source, line, code, file, expected }) {
  const outfile = join(folder, 'run', `${relative(root, file).replaceAll(/[^\w]+/g, '-')}.mjs`);
  try {
    await build({
      entryPoints: [file],
      outfile,
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      tsconfigRaw: {},
      logLevel: 'silent',
    });
  } catch (error) {
    problems.push(`${source}:${line} cannot be run: ${String(error)}`);
    return;
  }
  const { code: status, stdout, output } = await run(process.execPath, [outfile], { timeout: 20_000, cwd: folder });
  const printed = stdout
    .trimEnd()
    .split('\n')
    .map((each) => each.trimEnd())
    .join('\n');
  const where = `${source}:${line + (outputLine(code) ?? 0)}`;
  if (status !== 0) problems.push(`${where} The program ends with status ${status}:\n${output}`);
  else if (expected !== undefined && printed !== expected)
    problems.push(`${where} The program does not print what it says.\nExpected:\n${expected}\nPrinted:\n${printed}`);
}
