import type * as tsconfigs from 'get-tsconfig';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isRelative } from './lookup-rules.js';
import { kindOf } from './regular-file.js';

/** What one tsconfig says, or one that is called `jsconfig.json` where there is none. */
interface Project {
  readonly path: string;
  contains(from: string): boolean;
  /** Whether what it lists is said by what it extends, or above the folder that it has: the resolver takes the first for relative to this one, and not the second. */
  readonly listsOtherwise: boolean;
  /** Whether it sets `verbatimModuleSyntax`. */
  readonly isVerbatim: boolean;
  /** The paths that a specifier may mean. */
  pathsOf(specifier: string): readonly string[];
}

/** What is said for the files of a folder, the nearest tsconfig first, and in which files that was looked for, whether they are there or not. */
interface Known {
  readonly projects: readonly Project[];
  readonly files: ReadonlySet<string>;
}

/**
 * Knows where the `paths` and the `baseUrl` of a tsconfig lead: of the nearest that a file belongs to, or that refers to one which it belongs to. Then of the
 * nearest, whatever it lists: what its files import TypeScript takes for its own, too.
 */
export class PathAliases {
  readonly #known = new Map<string, Known>();
  /** Those that hold for a file: to ask all that a large one refers to whether they list it takes as long as to read it. */
  readonly #holding = new Map<string, readonly Project[]>();
  readonly #listed = new Map<string, string | undefined>();

  forget(): void {
    this.#known.clear();
    this.#holding.clear();
    this.#listed.clear();
  }

  /** In the order in which they are tried; they say nothing of extensions. */
  of(from: string, specifier: string): readonly string[] {
    if (isRelative(specifier)) return [];
    return this.#holdingFor(from).flatMap((each) => each.pathsOf(specifier));
  }

  /** Whether `verbatimModuleSyntax` holds for a file. */
  isVerbatim(from: string): boolean {
    return this.#holdingFor(from)[0]?.isVerbatim ?? false;
  }

  /** The nearest tsconfig of a file, if it lists that in words which the resolver reads otherwise: it is to be told. */
  listedOtherwise(from: string): string | undefined {
    if (!this.#listed.has(from)) {
      const [nearest] = isInstalled(from) ? [] : this.#above(dirname(from)).projects;
      this.#listed.set(from, nearest?.listsOtherwise === true && nearest.contains(from) ? nearest.path : undefined);
    }
    return this.#listed.get(from);
  }

  /** The tsconfigs that say so for a file, what they extend, and what they refer to. */
  filesFor(from: string): ReadonlySet<string> {
    return this.#above(dirname(from)).files;
  }

  #holdingFor(from: string): readonly Project[] {
    if (isInstalled(from)) return [];
    const known = this.#holding.get(from);
    if (known !== undefined) return known;
    const { projects } = this.#above(dirname(from));
    const [nearest] = projects;
    const listing = projects.find((each) => each.contains(from)) ?? nearest;
    const holding = [...new Set([listing, nearest])].filter((each) => each !== undefined);
    this.#holding.set(from, holding);
    return holding;
  }

  #above(folder: string): Known {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const configs = ['tsconfig.json', 'jsconfig.json'].map((name) => join(folder, name));
    const config = configs.find((path) => kindOf(path) === 'file');
    const parent = dirname(folder);
    const outer = parent === folder ? nothing : this.#above(parent);
    const found = config === undefined ? outer : knownOf(config, outer);
    this.#known.set(folder, found);
    return found;
  }
}

/** What is installed is no source of the projects above it. */
function isInstalled(from: string): boolean {
  return from.includes(`${sep}node_modules${sep}`);
}

const nothing: Known = { projects: [], files: new Set() };

/** @param outer what is said further up, for files that this one does not list */
function knownOf(config: string, outer: Known): Known {
  const files = new Set(outer.files);
  const projects = projectsOf(config, files);
  // As long as one cannot be used, nothing is looked for beyond.
  return { projects: projects.length === 0 ? [] : [...projects, ...outer.projects], files };
}

/** That of a file, and those that it refers to. @param files takes what was looked for */
function projectsOf(path: string, files: Set<string>, isReferred = false): Project[] {
  // Loaded when it is needed: the resolver does it by itself for all but a few.
  const library = createRequire(import.meta.url)('get-tsconfig') as typeof tsconfigs;
  const cache = new Map<string, string>();
  files.add(path);
  try {
    const config = parse(library, path, cache);
    // The resolver does not look for one, so it does not say either what is wrong with it: it is never asked with it.
    const isForJavaScript = basename(path) === 'jsconfig.json';
    if (isForJavaScript) config.compilerOptions = { allowJs: true, ...config.compilerOptions };
    const contains = library.createFilesMatcher({ path, config });
    const matcher = library.createPathsMatcher({ path, config });
    const lists = (['files', 'include', 'exclude'] as const).filter((list) => config[list] !== undefined);
    const { [`readFileSync:${path}:utf8`]: own = '', ...others } = Object.fromEntries(cache);
    const bases = Object.entries(others).flatMap(([name, text]) => (name.startsWith('readFileSync:') ? [text] : []));
    // Where nobody says what is excluded, the library says that the folders are that are built.
    const isSaidByBase = (list: string): boolean =>
      !own.includes(`"${list}"`) && bases.some((text) => text.includes(`"${list}"`));
    const listsOtherwise = lists.some(isSaidByBase) || /\$\{configDir\}[^"]*\.\./.test(own);
    const patterns = Object.keys(config.compilerOptions?.paths ?? {}).map((pattern) => pattern.split('*'));
    const isNamed = (specifier: string): boolean =>
      patterns.some(([start = '', end]) =>
        end === undefined
          ? specifier === start
          : specifier.startsWith(start) && specifier.slice(start.length).endsWith(end),
      );
    const references = isReferred ? [] : (config.references ?? []);
    return [
      {
        path,
        listsOtherwise: !isForJavaScript && listsOtherwise,
        contains: (from) => contains(from) !== undefined,
        isVerbatim: config.compilerOptions?.verbatimModuleSyntax === true,
        // What is not named begins at the `baseUrl`, unless it is a path from the root of all.
        pathsOf: (specifier) => (specifier.startsWith('/') && !isNamed(specifier) ? [] : (matcher?.(specifier) ?? [])),
      },
      ...references.flatMap((reference) => {
        const referred = resolve(dirname(path), reference.path);
        const file = kindOf(referred) === 'folder' ? join(referred, 'tsconfig.json') : referred;
        return projectsOf(file, files, true);
      }),
    ];
  } catch {
    return []; // It cannot be used, or there is none.
  } finally {
    // What it asked of the file system: `existsSync:/a/base.json`, too.
    for (const key of cache.keys()) files.add(key.replace(/^\w+:/, '').replace(/:utf8$/, ''));
  }
}

/** As TypeScript reads it: with all that it extends and that is there. @param cache the library's, which knows files by such names: `readFileSync:/a/base.json:utf8` */
function parse(library: typeof tsconfigs, path: string, cache: Map<string, string>) {
  for (;;) {
    try {
      return library.parseTsconfig(path, cache);
    } catch (error) {
      const [, base] = /^File '(.*)' not found\.$/.exec((error as Error).message) ?? [];
      if (base === undefined || !leaveOut(base, cache)) throw error;
    }
  }
}

const string = /"(?:[^"\\]|\\.)*"/.source;
const comment = /\/\/[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\//.source;
const gap = `(?:\\s|${comment})*`;
const array = `\\[(?:${string}|${comment}|[^"\\]/]|/(?![/*]))*\\]`;
const extended = new RegExp(`("extends"${gap}:${gap})(${string}|${array})`, 'g');

/** Takes a base out of the texts that extend it, and tells whether there are any. The library does not mind what is left of the commas. */
function leaveOut(base: string, cache: Map<string, string>): boolean {
  let isLeftOut = false;
  for (const [name, text] of cache) {
    const [, path] = /^readFileSync:(.*):utf8$/.exec(name) ?? [];
    if (path === undefined) continue;
    const rest = text.replaceAll(extended, (_, start: string, bases: string) => {
      const instead = insteadOf(base, dirname(path));
      return start + bases.replaceAll(new RegExp(string, 'g'), (words) => (isWritten(base, words) ? instead : words));
    });
    if (rest === text) continue;
    cache.set(name, rest);
    isLeftOut = true;
  }
  return isLeftOut;
}

/** Whether some words of JSON stand for a name. */
function isWritten(name: string, words: string): boolean {
  try {
    return JSON.parse(words) === name;
  } catch {
    return false;
  }
}

/** What a base is called that is there: one of the same name may be, beside another file, or beside a folder of that name, where the library does not find it. */
function insteadOf(base: string, folder: string): string {
  const name = ['', '.json'].map((end) => base + end).find((each) => kindOf(resolve(folder, each)) === 'file');
  return base.startsWith('.') && name !== undefined ? JSON.stringify(name) : '';
}
