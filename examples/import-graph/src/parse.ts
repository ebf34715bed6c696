import type { ParserOptions } from 'oxc-parser';
import { parse, Visitor } from 'oxc-parser';
import type { ImportKind, ImportStatement } from './model.js';

export interface Parsed {
  readonly imports: readonly ImportStatement[];
  /** What the parser could not read, the first place only: all after it is a consequence. */
  readonly fault: { readonly at: number; readonly message: string } | undefined;
}

type Language = NonNullable<ParserOptions['lang']>;

const languages: Readonly<Record<string, Language>> = {
  ts: 'ts',
  mts: 'ts',
  cts: 'ts',
  tsx: 'tsx',
  // JSX stands in many a `.js` file, and nothing of JavaScript is lost by reading it as JSX.
  js: 'jsx',
  mjs: 'jsx',
  cjs: 'jsx',
  jsx: 'jsx',
};

/** True for what can be parsed. All else that is imported (JSON, styles, pictures) is a module that imports nothing. */
export function isSource(path: string): boolean {
  return /\.(?:[cm]?[jt]s|[jt]sx)$/.test(path);
}

export function isDeclaration(path: string): boolean {
  return /\.d\.[cm]?ts$/.test(path);
}

// What the parser's record of a module leaves out, and the syntax tree, which costs ten times more, has to be made for:
// `require(…)`, also in `import a = require(…)`, `import(…)` in a type, and `export {} from`.
const needsTree = /\brequire\s*(?:\?\.\s*)?(?:\/\*[^]*?\*\/\s*)*\(|\bexport\s*\{\s*\}\s*from\b/;
const callOfImport = /\bimport\s*(?:\/\*[^]*?\*\/\s*)*\(/g;

/**
 * Finds the imports of a source. Parsing is done on another thread, so that many files can be parsed at once.
 * A source with mistakes gives what imports could be made out nevertheless.
 */
export async function parseImports(path: string, text: string): Promise<Parsed> {
  const lang = isDeclaration(path) ? 'dts' : (languages[path.slice(path.lastIndexOf('.') + 1)] ?? 'jsx');
  const result = await parseInSomeGoal(path, text, lang);
  const found: ImportStatement[] = [];
  const module = result.module;
  for (const { moduleRequest, entries } of module.staticImports) {
    const kind: ImportKind = entries.length > 0 && entries.every((entry) => entry.isType) ? 'type' : 'static';
    found.push({ specifier: moduleRequest.value, kind, at: moduleRequest.start });
  }
  for (const { entries } of module.staticExports) {
    const request = entries[0]?.moduleRequest;
    if (!request) continue;
    const kind: ImportKind = entries.every((entry) => entry.isType) ? 'type' : 'export';
    found.push({ specifier: request.value, kind, at: request.start });
  }
  const inTypes = lang !== 'jsx' && (text.match(callOfImport)?.length ?? 0) > module.dynamicImports.length;
  const computed = module.dynamicImports.some(({ moduleRequest: { start, end } }) => {
    const literal = /^(['"`])([^\\$]*)\1$/.exec(text.slice(start, end));
    if (literal === null) return true;
    found.push({ specifier: literal[2] ?? '', kind: 'dynamic', at: start });
    return false;
  });
  if (inTypes || computed || needsTree.test(text)) {
    return { imports: fromTree(result.program, found), fault: faultOf(result.errors) };
  }
  return { imports: found, fault: faultOf(result.errors) };
}

type Result = Awaited<ReturnType<typeof parse>>;

/** What a file without an extension that says so is, module or script, shows when it is parsed: a `return` outside a function is CommonJS. */
async function parseInSomeGoal(path: string, text: string, lang: Language): Promise<Result> {
  const goal = /\.c[jt]s$/.test(path) ? 'commonjs' : /\.m[jt]s$/.test(path) ? 'module' : 'unambiguous';
  const first = await parse(path, text, { lang, sourceType: goal });
  if (first.errors.length === 0 || goal === 'module') return first;
  for (const sourceType of ['commonjs', 'script'] as const) {
    const other = await parse(path, text, { lang, sourceType });
    if (other.errors.length === 0) return other;
  }
  return first;
}

function faultOf(errors: Result['errors']): Parsed['fault'] {
  const error = errors.find(({ severity }) => (severity as string) === 'Error');
  return error && { at: error.labels[0]?.start ?? 0, message: error.message };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly value?: unknown;
}

/** Adds what the record of the module has not. */
function fromTree(program: Result['program'], known: readonly ImportStatement[]): ImportStatement[] {
  const places = new Set(known.map(({ at }) => at));
  const found = [...known];
  // A function with a parameter called `require` is a module inside a bundle: what it requires is not a file.
  let shadowed = 0;
  const shadows = new Set<unknown>();
  const add = (node: Node | undefined, kind: ImportKind): void => {
    const specifier = node === undefined ? undefined : stringOf(node);
    if (node === undefined || specifier === undefined || places.has(node.start)) return;
    places.add(node.start);
    found.push({ specifier, kind, at: node.start });
  };
  const enter = (node: { params: readonly { type: string; name?: unknown }[] }): void => {
    if (!node.params.some((param) => param.type === 'Identifier' && param.name === 'require')) return;
    shadows.add(node);
    shadowed++;
  };
  const exit = (node: object): void => {
    if (shadows.delete(node)) shadowed--;
  };
  new Visitor({
    CallExpression(node) {
      const { callee } = node;
      if (callee.type !== 'Identifier') return;
      if (callee.name === 'require' && shadowed === 0 && node.arguments.length > 0) add(node.arguments[0], 'require');
    },
    ImportExpression: (node) => add(node.source, 'dynamic'),
    TSImportType: (node) => add(node.source, 'type'),
    TSImportEqualsDeclaration(node) {
      if (node.moduleReference.type !== 'TSExternalModuleReference') return;
      add(node.moduleReference.expression, node.importKind === 'type' ? 'type' : 'require');
    },
    ExportNamedDeclaration: (node) => add(node.source ?? undefined, node.exportKind === 'type' ? 'type' : 'export'),
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': exit,
    FunctionExpression: enter,
    'FunctionExpression:exit': exit,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': exit,
  }).visit(program);
  return found;
}

/** The text of a string, or of a template without a hole. */
function stringOf(node: Node): string | undefined {
  if (typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return undefined;
  const { quasis } = node as unknown as { quasis: readonly { value: { cooked: string | null } }[] };
  return quasis.length === 1 ? (quasis[0]?.value.cooked ?? undefined) : undefined;
}
