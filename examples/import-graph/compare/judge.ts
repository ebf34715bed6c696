import { readdirSync, readFileSync, realpathSync } from 'node:fs';
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
  const edges: [string, string][] = [];
  for (const file of files) {
    for (const specifier of specifiersOf(file)) {
      const found = ts.resolveModuleName(specifier, file, options, ts.sys, cache).resolvedModule?.resolvedFileName;
      if (found === undefined) continue;
      const real = realpathSync(found);
      if (real.startsWith(root) && !real.includes('/node_modules/')) edges.push([name(file), name(real)]);
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

function specifiersOf(file: string): Set<string> {
  const found = new Set<string>();
  const add = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.add(node.text);
  };
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true);
  for (const { fileName } of source.referencedFiles)
    found.add(/^\.{0,2}\//.test(fileName) ? fileName : `./${fileName}`);
  const inComments = /\.(?:[cm]?js|jsx)$/.test(file);
  const visit = (node: ts.Node): void => {
    // What TypeScript gives for it is the last comment alone.
    if (inComments) for (const comment of (node as { jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? []) visit(comment);
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isJSDocImportTag(node))
      add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
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
