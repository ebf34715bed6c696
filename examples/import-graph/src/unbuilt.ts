import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kindOf, readRegular } from './regular-file.js';

/** A path with the extension that a pattern adds after one that was asked for. */
const twice = /\.[cm]?[jt]sx?(?:\.d)?\.[cm]?[jt]sx?$/;
/** Where a path begins that leads to what is built. */
const output = /^(?:\.\/)?(?:dist|build|lib|out|esm|cjs)\/(?:esm\/|cjs\/|types\/)?/;
const extensions = ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs'];

/**
 * Finds the source of a package of the same tree that has not been built: its manifest names `dist/node.js`, which is not there, and
 * `src/node.ts` is what it will be made of. No resolver can know that; somebody who reads the tree does. A specifier that begins with `#` is one that the
 * manifest of the folder names, for itself alone.
 *
 * @param conditions those of the import: what is named for them comes first
 */
export function unbuilt(
  folder: string,
  specifier: string,
  conditions: readonly string[],
  contains: (file: string) => boolean,
): string | undefined {
  const isOwn = specifier.startsWith('#');
  const name = packageName(specifier);
  const home = isOwn ? enclosing(folder) : findPackage(folder, name);
  if (home === undefined || !contains(join(home, 'package.json'))) return undefined;
  if (isOwn) {
    const { imports } = manifest(home) ?? {};
    const paths = (isObject(imports) ? named(imports, specifier, conditions) : undefined) ?? [];
    return first(paths, (path) => {
      if (path.startsWith('./')) return output.test(path) ? sourceOf(home, path, contains) : undefined;
      return path.startsWith('#') ? undefined : unbuilt(home, path, conditions, contains);
    });
  }
  const subpath = `.${specifier.slice(name.length)}`;
  const built = targets(home, subpath, conditions);
  // The package does not let it out.
  if (built === undefined) return undefined;
  // It may stand in `src` under its own name, too; but where `./*` is `./*.js`, `a` is let out, and not `a.js`.
  const guess = subpath === '.' ? 'src/index' : `src/${subpath.slice(2)}`;
  const paths = built.length > 0 && built.every((path) => twice.test(path)) ? built : [...built, guess];
  return first(paths, (path) => sourceOf(home, path, contains));
}

/** What a file of a package will be made of. */
function sourceOf(home: string, path: string, contains: (file: string) => boolean): string | undefined {
  const [end = '', kind = ''] = /(?:\.d)?\.([cm]?)[jt]sx?$/.exec(path) ?? [];
  const stem = path.slice(0, path.length - end.length).replace(output, 'src/');
  // The source of `a.cjs` may have any name, but first that of `a.cts`.
  return first([`${kind}ts`, ...extensions], (extension) => {
    const file = realFile(join(home, `${stem}.${extension}`));
    return file !== undefined && contains(file) ? file : undefined;
  });
}

/** The first that is found for one of them. */
function first(items: readonly string[], find: (item: string) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where a specifier leads in a package that says `"exports": null`, which is to say nothing, though the resolver takes it for nothing let out. */
export function unrestricted(folder: string, specifier: string): string | undefined {
  const name = packageName(specifier);
  const home = findPackage(folder, name);
  return home !== undefined && manifest(home)?.exports === null ? home + specifier.slice(name.length) : undefined;
}

/** Whether a manifest says where the parts of a package are. */
export function namesParts(home: string): boolean {
  const { exports } = manifest(home) ?? {};
  return exports !== undefined && exports !== null;
}

/** Where the types of a part of a package are, as `typesVersions` of its manifest say, whatever the version. */
export function typesOfPart(home: string, part: string): string[] {
  const { typesVersions } = manifest(home) ?? {};
  const versions = isObject(typesVersions) ? Object.values(typesVersions) : [];
  return versions.filter(isObject).flatMap((paths) => named(paths, part) ?? []);
}

function realFile(path: string): string | undefined {
  try {
    return kindOf(path) === 'file' ? realpathSync(path) : undefined;
  } catch {
    return undefined; // It has gone meanwhile.
  }
}

/** The package that a folder is in. */
function enclosing(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (kindOf(join(at, 'package.json')) === 'file') return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Where a package is: the one the folder is in, which may name itself if it says what it lets out, or the first that is linked into a `node_modules` from the folder upwards. */
function findPackage(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const { name: own, exports } = manifest(at) ?? {};
    if (own === name && exports !== undefined && exports !== null) return at;
    try {
      return realpathSync(join(at, 'node_modules', name));
    } catch {
      // Further up.
    }
    if (dirname(at) === at) return undefined;
  }
}

/** The files that a manifest names for an entry, those of the conditions first; nothing if it has entries and this is none of them. */
function targets(home: string, subpath: string, conditions: readonly string[]): string[] | undefined {
  const { exports, module, main } = manifest(home) ?? {};
  if (exports === undefined || exports === null) return subpath === '.' ? leaves([module, main]) : [];
  const entries = hasSubpaths(exports) ? exports : { '.': exports };
  return named(entries, subpath, conditions);
}

/** The files that stand for a name, or for the pattern that it fits best. */
function named(entries: Record<string, unknown>, name: string, conditions?: readonly string[]): string[] | undefined {
  if (Object.hasOwn(entries, name) && !name.includes('*')) return exported(entries[name], '', conditions);
  const [pattern, stands] = bestPattern(Object.keys(entries), name) ?? [];
  return pattern === undefined ? undefined : exported(entries[pattern], stands ?? '', conditions);
}

function hasSubpaths(exports: unknown): exports is Record<string, unknown> {
  return isObject(exports) && Object.keys(exports).some((key) => key.startsWith('.'));
}

function exported(entry: unknown, stands: string, conditions: readonly string[] = []): string[] | undefined {
  // As when it is looked up: what says nothing for this way of loading may say something for another, or for types alone.
  const wider = [...conditions, 'types', 'require', 'import'];
  // What leads out of the package, or into one of its own, Node refuses.
  const files = [...new Set([...leaves(entry, conditions), ...leaves(entry, wider), ...leaves(entry)])]
    .map((file) => file.replaceAll('*', () => stands))
    .filter((file) => !/(?:^|[/\\])(?:\.\.|node_modules)(?:[/\\]|$)/.test(file));
  return files.length === 0 ? undefined : files;
}

/** The most exact of the patterns that fit, as Node chooses it, and what its star stands for. */
function bestPattern(patterns: readonly string[], subpath: string): readonly [string, string] | undefined {
  let best: readonly [string, string] | undefined;
  let bestStart = -1;
  for (const pattern of patterns) {
    const [start = '', end, ...more] = pattern.split('*');
    if (end === undefined || more.length > 0 || subpath.length <= start.length + end.length) continue;
    if (!subpath.startsWith(start) || !subpath.endsWith(end)) continue;
    if (start.length < bestStart || (start.length === bestStart && pattern.length <= (best?.[0].length ?? 0))) continue;
    best = [pattern, subpath.slice(start.length, subpath.length - end.length)];
    bestStart = start.length;
  }
  return best;
}

/** In order, for some conditions or for all. A stack, since a manifest may be nested deeper than calls may be. */
function leaves(entry: unknown, conditions?: readonly string[]): string[] {
  const found: string[] = [];
  const rest = [entry];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value === 'string') found.push(value);
    else if (isObject(value)) {
      const isAll = conditions === undefined || Array.isArray(value);
      const met = Object.keys(value).filter((name) => isAll || name === 'default' || conditions.includes(name));
      rest.push(...met.reverse().map((name) => value[name]));
    }
  }
  return found;
}

function manifest(folder: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readRegular(join(folder, 'package.json')).toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** `@scope/name` of `@scope/name/sub/path`. */
export function packageName(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}
