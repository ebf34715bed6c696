// What of the user's a package calls: read from the types of everything that it exports.
//
// A type is walked in one of two directions. What is given (an export, what a function returns, an argument of a callback) has parameters, and those are
// taken; what is taken (a parameter, a property of it, what a callback returns) is the user's, and what of it can be called is a callback.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');
const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (file) => ts.sys.readFile(file));
const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);

/** A module that users import, and what it is called here: `async`, `proc/node`. */
export interface Entry {
  readonly name: string;
  readonly file: string;
}

export interface Callbacks {
  /** Functions and methods: `async QueueOptions.onError`, `abort onAbort callback`, `proc Tracer.start()` for what another one returns. */
  readonly called: ReadonlySet<string>;
  /** Those that may return a promise. */
  readonly waited: ReadonlySet<string>;
  /** Objects whose types are none of ours, which we may call as well: `proc/node serve server: Server`. */
  readonly foreign: ReadonlySet<string>;
}

type Direction = 'given' | 'taken';

/** @param folder where our own declarations are */
export function callbacksOf(entries: readonly Entry[], folder: string): Callbacks {
  const called = new Set<string>();
  const waited = new Set<string>();
  const foreign = new Set<string>();
  const seen = { given: new Set<ts.Type>(), taken: new Set<ts.Type>() };
  const program = ts.createProgram(entries.map(({ file }) => file), options); // prettier-ignore
  const checker = program.getTypeChecker();
  const exported = new Map(entries.map(({ name, file }) => [name, exportsOf(program.getSourceFile(file))] as const));
  const all = new Set([...exported.values()].flat());

  for (const [entry, symbols] of exported) {
    for (const symbol of symbols) {
      if (symbol.flags & ts.SymbolFlags.Value) walk(checker.getTypeOfSymbol(symbol), 'given', entry, symbol.name);
    }
  }
  return { called, waited, foreign };

  function exportsOf(source: ts.SourceFile | undefined): ts.Symbol[] {
    if (!source) throw new Error('an entry has no source');
    return checker
      .getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol)
      .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
  }

  function walk(type: ts.Type, direction: Direction, entry: string, path: string): void {
    if (type.isUnionOrIntersection()) {
      for (const each of type.types) walk(each, direction, entry, path);
      return;
    }
    const constraint = type.isTypeParameter() ? type.getConstraint() : undefined;
    if (constraint) walk(constraint, direction, entry, path);
    if (!(type.flags & ts.TypeFlags.Object)) return;
    const calls = type.getCallSignatures();
    const signatures = direction === 'given' ? [...calls, ...type.getConstructSignatures()] : calls;
    for (const signature of signatures.filter(({ declaration }) => !isInternal(declaration))) {
      const returned = signature.getReturnType();
      if (direction === 'taken') {
        called.add(`${entry} ${path}`);
        if (mayBePromise(returned)) waited.add(`${entry} ${path}`);
      }
      for (const parameter of signature.parameters) {
        const opposite = direction === 'given' ? 'taken' : 'given';
        walk(checker.getTypeOfSymbol(parameter), opposite, entry, `${path} ${parameter.name}`);
      }
      walk(returned, direction, entry, direction === 'given' ? path : `${path}()`);
    }
    const isList = checker.isArrayType(type) || checker.isTupleType(type);
    const symbol = type.symbol as ts.Symbol | undefined;
    if (isList || !symbol?.declarations?.some(isOurDeclaration)) {
      const isPromise = /^Promise(Like)?$/.test(symbol?.name ?? '');
      // Lists, what can be iterated, and promises are of something.
      if (isList || isPromise || /Iter/.test(symbol?.name ?? '')) {
        for (const each of checker.getTypeArguments(type as ts.TypeReference)) walk(each, direction, entry, path);
      }
      // That a callback may return a promise is told already.
      const isTold = isList || calls.length > 0 || direction === 'given' || (isPromise && path.endsWith('()'));
      if (!isTold) foreign.add(`${entry} ${path}: ${symbol?.name ?? 'object'}`);
      return;
    }
    // An instance of a class of ours is ours, whoever hands it over.
    if ((direction === 'taken' && type.isClass()) || seen[direction].has(type)) return;
    seen[direction].add(type);
    const { name } = type.aliasSymbol ?? symbol;
    const prefix = name.startsWith('__') || calls.length > 0 ? path : name;
    for (const property of type.getProperties()) {
      const declarations = property.declarations ?? [];
      const isInherited = declarations.some(({ parent }) => {
        const holder = (parent as { symbol?: ts.Symbol }).symbol;
        return holder !== undefined && holder !== type.symbol && all.has(holder);
      });
      if (isInherited || !declarations.some(isOurDeclaration) || declarations.some(isInternal)) continue;
      const label = property.name.replace(/^__@(.*)@\d+$/, '[$1]');
      walk(checker.getTypeOfSymbol(property), direction, entry, `${prefix}.${label}`);
      // What may be set is handed over, too.
      const isSet = direction === 'given' && declarations.some(isWritable);
      if (isSet) walk(checker.getTypeOfSymbol(property), 'taken', entry, `${prefix}.${label}`);
    }
  }

  function isOurDeclaration(declaration: ts.Declaration): boolean {
    const { fileName } = declaration.getSourceFile();
    return fileName.startsWith(folder) && !fileName.includes('node_modules');
  }

  function isWritable(declaration: ts.Declaration): boolean {
    if (ts.isPropertyDeclaration(declaration))
      return !(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly);
    return ts.isSetAccessorDeclaration(declaration);
  }

  function isInternal(declaration: ts.Declaration | undefined): boolean {
    if (!declaration) return false;
    const modifiers = ts.getCombinedModifierFlags(declaration);
    const name = ts.getNameOfDeclaration(declaration);
    return (
      (modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0 ||
      (name !== undefined && ts.isPrivateIdentifier(name)) ||
      ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')
    );
  }

  function mayBePromise(type: ts.Type): boolean {
    if (type.isUnion()) return type.types.some(mayBePromise);
    return (type.flags & ts.TypeFlags.Unknown) !== 0 || /^Promise/.test((type.symbol as ts.Symbol | undefined)?.name ?? ''); // prettier-ignore
  }
}

/** Of every entry of a package. */
export function callbacksOfPackage(name: string, exports: object): Callbacks {
  const folder = join(root, 'packages', name);
  const entries = Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => ({ name: name + path.slice(1), file: join(folder, 'src', `${path.slice(2) || 'index'}.ts`) }));
  const missing = entries.filter(({ file }) => !existsSync(file));
  if (missing.length > 0) throw new Error(`no source of ${missing.map((entry) => entry.name).join(', ')}`);
  return callbacksOf(entries, join(root, 'packages'));
}
