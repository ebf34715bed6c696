import { readdirSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import type { Graph } from './graph.js';

const options: ts.CompilerOptions = {
  allowJs: true,
  resolveJsonModule: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ESNext,
  allowImportingTsExtensions: true,
  noEmit: true,
};

/** Gives the graph of a tree as TypeScript's own parser and resolver see it. */
export function judge(folder: string): Graph {
  const root = realpathSync(folder) + sep;
  const cache = ts.createModuleResolutionCache(root, (name) => name, options);
  const name = (file: string): string => relative(root, file).replaceAll(sep, '/');
  const files = sourcesBelow(root);
  // Of files alone: what it imports is looked up below.
  const program = ts.createProgram(files, { ...options, noLib: true, noResolve: true, types: [] });
  const edges: [string, string][] = [];
  for (const file of files) {
    for (const specifier of specifiersOf(program.getSourceFile(file) as ts.SourceFile)) {
      const found = ts.resolveModuleName(specifier, file, options, ts.sys, cache).resolvedModule?.resolvedFileName;
      if (found === undefined) continue;
      const real = realpathSync(found);
      if (real.startsWith(root) && !name(real).includes('node_modules/')) edges.push([name(file), name(real)]);
    }
  }
  return { modules: files.map(name), edges };
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return /\.(?:[cm]?[jt]s|[jt]sx)$/.test(path) ? [path] : [];
    return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : sourcesBelow(path);
  });
}

/** What the compiler collects from a source when it looks for what belongs to a program. */
interface Collected {
  readonly imports: readonly ts.Node[];
  readonly moduleAugmentations: readonly ts.Node[];
}

function specifiersOf(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const add = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.add(node.text);
  };
  const { imports, moduleAugmentations } = source as unknown as Collected;
  for (const name of [...imports, ...moduleAugmentations]) add(name);
  for (const { fileName } of source.referencedFiles)
    found.add(/^\.{0,2}\//.test(fileName) ? fileName : `./${fileName}`);
  // What it takes for an import in some files only, by their names or what else is in them.
  const inComments = /\.(?:[cm]?js|jsx)$/.test(source.fileName);
  const visit = (node: ts.Node): void => {
    // What TypeScript gives for it is the last comment alone.
    if (inComments) for (const comment of (node as { jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? []) visit(comment);
    if (ts.isJSDocImportTag(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const isRequire = ts.isIdentifier(expression) && expression.text === 'require';
      if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
