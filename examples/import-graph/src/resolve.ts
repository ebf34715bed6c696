import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { ResolverFactory, type NapiResolveOptions, type ResolveResult } from 'oxc-resolver';
import { packageName, unbuilt } from './unbuilt.js';
import type { ImportKind } from './model.js';
import { isDeclaration } from './parse.js';

/** Where an import leads: to a module of the tree, out of it, or nowhere. */
export type Target = { readonly in: string } | { readonly out: string } | { readonly nowhere: string };

/** A declaration may name the source that it was made from, which is not there any more. */
const made = {
  '.ts': ['.ts', '.tsx', '.d.ts'],
  '.tsx': ['.tsx', '.d.ts'],
  '.mts': ['.mts', '.d.mts'],
  '.cts': ['.cts', '.d.cts'],
};

/** What stands beside what: a source wins over what was made of it, for who imports it from a source. */
const typescript: NapiResolveOptions = {
  extensions: [
    ...['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'],
    ...['.json', '.d.ts', '.d.mts', '.d.cts', '.node'],
  ],
  extensionAlias: {
    ...made,
    '.js': ['.ts', '.tsx', '.js', '.jsx', '.d.ts'],
    '.jsx': ['.tsx', '.jsx', '.d.ts'],
    '.mjs': ['.mts', '.mjs', '.d.mts'],
    '.cjs': ['.cts', '.cjs', '.d.cts'],
  },
};
const javascript: NapiResolveOptions = {
  extensions: [
    ...['.js', '.jsx', '.mjs', '.cjs', '.json', '.node'],
    ...['.ts', '.tsx', '.mts', '.cts', '.d.ts', '.d.mts', '.d.cts'],
  ],
  extensionAlias: {
    ...made,
    '.js': ['.js', '.jsx', '.ts', '.tsx', '.d.ts'],
    '.jsx': ['.jsx', '.tsx', '.d.ts'],
    '.mjs': ['.mjs', '.mts', '.d.mts'],
    '.cjs': ['.cjs', '.cts', '.d.cts'],
  },
};
const declarations: NapiResolveOptions = {
  extensions: [
    ...['.d.ts', '.d.mts', '.d.cts', '.ts', '.tsx', '.mts', '.cts'],
    ...['.js', '.jsx', '.mjs', '.cjs', '.json'],
  ],
  extensionAlias: {
    ...made,
    '.js': ['.d.ts', '.ts', '.tsx', '.js', '.jsx'],
    '.jsx': ['.d.ts', '.tsx', '.jsx'],
    '.mjs': ['.d.mts', '.mts', '.mjs'],
    '.cjs': ['.d.cts', '.cts', '.cjs'],
  },
};

const common: NapiResolveOptions = {
  tsconfig: 'auto',
  builtinModules: true,
  mainFields: ['module', 'main'],
  nodePath: false,
};

/** Looks imports up as Node, TypeScript and bundlers do. Files are known by their real paths: a link to a workspace is the workspace. */
export class ImportResolver {
  readonly #boundary: string;
  #base = new ResolverFactory(common);
  readonly #resolvers = new Map<string, ResolverFactory>();

  /** @param boundary what lies outside this folder, or below a `node_modules` in it, is not followed */
  constructor(boundary: string) {
    this.#boundary = boundary.endsWith(sep) ? boundary : boundary + sep;
  }

  /** Forgets what it knows of the file system. */
  forget(): void {
    this.#base = new ResolverFactory(common);
    this.#resolvers.clear();
  }

  /** True for what belongs to the tree. */
  contains(file: string): boolean {
    return (
      file.startsWith(this.#boundary) && !file.slice(this.#boundary.length - 1).includes(`${sep}node_modules${sep}`)
    );
  }

  resolve(from: string, specifier: string, kind: ImportKind): Target {
    const result = this.#look(from, specifier, kind);
    if (result.path !== undefined) return this.#place(withoutQuery(result.path), specifier);
    if (result.builtin !== undefined) return { out: 'node' };
    // Of another runtime, a bundler, or the network: not a file, and not a mistake.
    const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(specifier) ?? [];
    if (scheme !== undefined) return { out: `${scheme}:` };
    const source = isBare(specifier) ? unbuilt(dirname(from), specifier, (file) => this.contains(file)) : undefined;
    if (source !== undefined) return { in: source };
    return { nowhere: result.error ?? 'it leads nowhere' };
  }

  #look(from: string, specifier: string, kind: ImportKind): ResolveResult {
    const conditions = kind === 'require' ? ['node', 'require'] : ['node', 'import'];
    const result = this.#resolver(from, conditions, 'auto').resolveFileSync(from, specifier);
    if (result.path !== undefined || result.builtin !== undefined) return result;
    // Packages that have nothing but types, then ones that say nothing for this way of loading them.
    const others = [...conditions, 'types', 'require', 'import'];
    const wider = this.#resolver(from, others, 'auto').resolveFileSync(from, specifier);
    if (wider.path !== undefined) return wider;
    // A tsconfig that extends what is not installed must not make every import beside it a mistake.
    const plain = this.#resolver(from, others, undefined).resolveFileSync(from, specifier);
    return plain.path !== undefined || plain.builtin !== undefined ? plain : result;
  }

  #resolver(from: string, conditionNames: string[], tsconfig: 'auto' | undefined): ResolverFactory {
    const [name, rules] = isDeclaration(from)
      ? (['d', declarations] as const)
      : /\.[cm]?tsx?$/.test(from)
        ? (['t', typescript] as const)
        : (['j', javascript] as const);
    const key = `${name} ${tsconfig ?? ''} ${conditionNames.join()}`;
    let resolver = this.#resolvers.get(key);
    if (resolver === undefined) {
      const { tsconfig: _, ...plain } = common;
      const options = { ...plain, ...rules, conditionNames };
      // One cache of the file system for all.
      resolver = this.#base.cloneWithOptions(tsconfig === undefined ? options : { ...options, tsconfig });
      this.#resolvers.set(key, resolver);
    }
    return resolver;
  }

  #place(file: string, specifier: string): Target {
    if (this.contains(file)) return { in: file };
    return { out: packageOf(file) ?? (isBare(specifier) ? packageName(specifier) : 'files outside') };
  }
}

function isBare(specifier: string): boolean {
  return !/^(?:\.|\/|#)/.test(specifier);
}

/** The name of the installed package that a file belongs to. */
function packageOf(file: string): string | undefined {
  const marker = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(marker);
  return at === -1 ? undefined : packageName(file.slice(at + marker.length).replaceAll(sep, '/'));
}

/** `./logo.svg?raw` is the file before the question mark, unless there is a file of that very name. */
function withoutQuery(path: string): string {
  const at = path.search(/[?#]/);
  if (at === -1) return path;
  try {
    return realpathSync(path);
  } catch {
    return path.slice(0, at);
  }
}
