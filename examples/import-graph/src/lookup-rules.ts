import type { NapiResolveOptions } from 'oxc-resolver';
import type { ImportKind } from './model.js';

/** A declaration may name the source that it was made from, which is not there any more. */
const made = {
  '.ts': ['.ts', '.tsx', '.d.ts'],
  '.tsx': ['.tsx', '.d.ts'],
  '.mts': ['.mts', '.d.mts'],
  '.cts': ['.cts', '.d.cts'],
};

/** What stands beside what: a source wins over what was made of it, for who imports it from a source. */
export const typescript: NapiResolveOptions = {
  extensions: ['.ts', '.tsx', '.js', '.jsx', '.json', '.d.ts', '.node'],
  extensionAlias: {
    ...made,
    '.js': ['.ts', '.tsx', '.js', '.jsx', '.d.ts'],
    '.jsx': ['.tsx', '.jsx', '.d.ts'],
    '.mjs': ['.mts', '.mjs', '.d.mts'],
    '.cjs': ['.cts', '.cjs', '.d.cts'],
  },
};
export const javascript: NapiResolveOptions = {
  extensions: ['.js', '.jsx', '.json', '.node', '.ts', '.tsx'],
  extensionAlias: {
    ...made,
    '.js': ['.js', '.jsx', '.ts', '.tsx', '.d.ts'],
    '.jsx': ['.jsx', '.tsx', '.d.ts'],
    '.mjs': ['.mjs', '.mts', '.d.mts'],
    '.cjs': ['.cjs', '.cts', '.d.cts'],
  },
};

/** For who wants types alone. */
export const types: NapiResolveOptions = {
  conditionNames: ['types'],
  mainFields: ['types', 'typings', 'main'],
  extensions: ['.ts', '.tsx', '.d.ts', '.js', '.jsx', '.json', '.node'],
  extensionAlias: {
    ...made,
    '.js': ['.ts', '.tsx', '.d.ts', '.js', '.jsx'],
    '.jsx': ['.tsx', '.d.ts', '.jsx'],
    '.mjs': ['.mts', '.d.mts', '.mjs'],
    '.cjs': ['.cts', '.d.cts', '.cjs'],
  },
};

/**
 * For what nothing else has been found for, no folder either. Neither Node nor TypeScript adds an extension that says what kind of module a file is, as some
 * bundlers do; and a declaration is not what JavaScript loads.
 */
export function lastResort(rules: NapiResolveOptions): NapiResolveOptions {
  const typed = ['.mts', '.cts'];
  const plain = ['.mjs', '.cjs'];
  const sources = rules === javascript ? [...plain, ...typed] : [...typed, ...plain];
  return { ...rules, extensions: [...sources, '.d.ts', '.d.mts', '.d.cts'] };
}

export const common: NapiResolveOptions = {
  tsconfig: 'auto',
  builtinModules: true,
  mainFields: ['module', 'main'],
  nodePath: false,
};

/** For which way of loading a package is asked. What is CommonJS by its extension requires whatever it imports at load, however that is written. */
export function conditionsOf(from: string, kind: ImportKind): string[] {
  const requires = kind === 'require' || (/\.c[jt]s$/.test(from) && kind !== 'dynamic');
  return requires ? ['node', 'require'] : ['node', 'import'];
}

export function isTypeScript(path: string): boolean {
  return /\.(?:[cm]?ts|tsx)$/.test(path);
}

/** Whether a specifier names a file by its place. A name may begin with a dot, too. */
export function isPlace(specifier: string): boolean {
  return specifier.startsWith('/') || isRelative(specifier);
}

/** Whether it does so from the place of the file that it is in. No other specifier is out of the reach of `paths`. */
export function isRelative(specifier: string): boolean {
  return /^\.{1,2}(?:\/|$)/.test(specifier);
}
