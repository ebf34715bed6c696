import type { ParserOptions } from 'oxc-parser';
import { parse, parseSync } from 'oxc-parser';
import { importsInDoc, mayImportInDocs, referencesOf } from './comments.js';
import type { ImportStatement } from './model.js';
import { countParsed } from './parser-memory.js';
import { comment, importsInTree, mayDeclareModules } from './syntax-tree.js';

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

export function isJavaScript(path: string): boolean {
  return /\.(?:[cm]?js|jsx)$/.test(path);
}

export function isDeclaration(path: string): boolean {
  return /\.d\.[cm]?ts$/.test(path);
}

// What the parser's record of a module leaves out, and the syntax tree, which costs ten times more, has to be made for:
// `require(…)`, also in `import a = require(…)` and `require<T>(…)`, `import(…)` in a type, `export {} from`, and what has half of a pair of
// surrogates in its name. Where a comment begins after the first words it may be any of these.
const needsTree = new RegExp(
  [
    String.raw`\brequire\s*(?:[(<]|\?\.|${comment})`,
    String.raw`\bexport(?:\s+type)?\s*(?:${comment}|\{\s*(?:${comment}|\}\s*(?:${comment}|from\b)))`,
    String.raw`\b(?:from|import)\s*['"][^'"\n]*\\u(?:\{0*)?[dD][89a-fA-F]`,
  ].join('|'),
);
const call = String.raw`\s*(?:\(|${comment})`;
const callOfImport = new RegExp(String.raw`\bimport(?:${call}|\s*\.\s*(?:${comment}|(?:defer|source)${call}))`, 'g');
// The record has no entry for what is in empty braces, and does not tell `import type { A }` from `import { type A }`, so whether a statement is of types has to be read.
// Written so that there is one way to match it: else many comments would take forever.
const typesAlone = /^(?:import|export)\s*(?:(?:\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|\/\/.*[\n\r\u2028\u2029])\s*)*type\b/;

/** Up to how many characters a source is parsed at once: sooner than another thread could be told of it. */
const short = 10_000;

/** From how many characters on the syntax tree takes so long to be handed over that the program would not see Ctrl-C meanwhile. */
const long = 400_000;

/** Parses a file where nobody has to wait for it; gives nothing if that cannot be done, and `deadly` if it must not be tried here either. */
export type Elsewhere = (path: string) => Promise<Parsed | undefined>;

/** What is known of a file that has ended the process in which it was parsed. */
export const deadly: Parsed = { imports: [], fault: { at: 0, message: 'the parser does not survive it' } };

/**
 * Finds the imports of a source. All but short ones are parsed on other threads, so that many can be at once.
 * A source with mistakes gives what imports could be made out nevertheless.
 *
 * @param elsewhere where a long file is parsed if it needs a syntax tree. Default: here
 */
export async function parseImports(path: string, text: string, elsewhere?: Elsewhere): Promise<Parsed> {
  const lang = isDeclaration(path) ? 'dts' : (languages[path.slice(path.lastIndexOf('.') + 1)] ?? 'jsx');
  countParsed(text.length);
  const result = await parseInSomeGoal(path, text, lang);
  const found: ImportStatement[] = [];
  const module = result.module;
  for (const { moduleRequest, entries, start } of module.staticImports) {
    if (isMissing(moduleRequest)) continue;
    const kinds = kindsOf(entries, 'static', text.slice(start, moduleRequest.start), lang);
    found.push({ specifier: moduleRequest.value, ...kinds, at: moduleRequest.start });
  }
  // An imported name that is exported again is told here as well, with the request of the import.
  const imported = new Set(found.map(({ at }) => at));
  for (const { entries, start } of module.staticExports) {
    const request = entries[0]?.moduleRequest;
    if (!request || isMissing(request) || imported.has(request.start)) continue;
    const kinds = kindsOf(entries, 'export', text.slice(start, request.start), lang);
    found.push({ specifier: request.value, ...kinds, at: request.start });
  }
  found.push(...referencesOf(text));
  if (isJavaScript(path) && mayImportInDocs(text)) found.push(...inDocs(result.comments));
  const inTypes = lang !== 'jsx' && (text.match(callOfImport)?.length ?? 0) > module.dynamicImports.length;
  const computed = module.dynamicImports.some(({ moduleRequest: { start, end } }) => {
    // One quote is the end: `'./a' + '.js'` begins and ends with the same, too.
    const literal = /^(['"`])((?:(?!\1)[^\\$])*)\1$/.exec(text.slice(start, end));
    if (literal === null) return true;
    found.push({ specifier: literal[2] ?? '', kind: 'dynamic', at: start });
    return false;
  });
  const inDeclared =
    lang !== 'jsx' && mayDeclareModules(text, module.staticImports.length + module.staticExports.length > 0);
  if (inTypes || computed || inDeclared || needsTree.test(text)) {
    const parsed = text.length > long ? await elsewhere?.(path) : undefined;
    if (parsed !== undefined) return parsed === deadly ? { ...deadly, imports: found } : parsed;
    const sort = { isDeclaration: lang === 'dts', isModule: lang !== 'dts' && /\.[cm]ts$/.test(path) };
    return { imports: importsInTree(result, sort, found), fault: faultOf(result.errors) };
  }
  return { imports: found, fault: faultOf(result.errors) };
}

/** Of what kind a statement is that imports, and whether that is so only as long as what it does not need is removed. @param head what stands before its specifier */
function kindsOf(
  entries: readonly { readonly isType: boolean }[],
  kind: 'static' | 'export',
  head: string,
  lang: Language,
): Pick<ImportStatement, 'kind' | 'kept'> {
  const isType = entries.every((entry) => entry.isType);
  if (isType && typesAlone.test(head)) return { kind: 'type' };
  if (!isType || entries.length === 0) return { kind };
  return lang === 'dts' ? { kind: 'type' } : { kind: 'type', kept: kind };
}

/** Whether the parser has made a specifier up, of no length, where it found none: a string that does not end, say. */
function isMissing({ start, end }: { readonly start: number; readonly end: number }): boolean {
  return start === end;
}

type Result = Awaited<ReturnType<typeof parse>>;

/** What a file without an extension that says so is, module or script, shows when it is parsed: a `return` outside a function is CommonJS. */
async function parseInSomeGoal(path: string, text: string, lang: Language): Promise<Result> {
  const goal = /\.c[jt]s$/.test(path) ? 'commonjs' : /\.m[jt]s$/.test(path) ? 'module' : 'unambiguous';
  const parseAs = text.length > short ? parse : parseSync;
  const first = await parseAs(path, text, { lang, sourceType: goal });
  if (first.errors.length === 0 || goal === 'module') return first;
  for (const sourceType of ['commonjs', 'script'] as const) {
    const other = await parseAs(path, text, { lang, sourceType });
    if (other.errors.length === 0) return other;
  }
  return first;
}

function faultOf(errors: Result['errors']): Parsed['fault'] {
  const error = errors.find(({ severity }) => (severity as string) === 'Error');
  return error && { at: error.labels[0]?.start ?? 0, message: error.message };
}

/** What JSDoc imports, as TypeScript reads it in JavaScript, once: to repeat it at every use is usual. */
function inDocs(comments: Result['comments']): Iterable<ImportStatement> {
  const found = new Map<string, ImportStatement>();
  for (const { type, value, start } of comments) {
    if (type !== 'Block' || !value.startsWith('*')) continue;
    for (const each of importsInDoc(value, start + 2)) if (!found.has(each.specifier)) found.set(each.specifier, each);
  }
  return found.values();
}
