import type * as tsconfigs from 'get-tsconfig';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { kindOf } from './regular-file.js';

/** Gives the paths that a specifier may mean in the files of one tsconfig; nothing for a file that is none of these. */
type Project = (from: string, specifier: string) => readonly string[] | undefined;

/** What is said for the files of a folder, and in which files that was looked for, whether they are there or not. */
interface Known {
  readonly projects: readonly Project[];
  readonly files: ReadonlySet<string>;
}

/** Knows where the `paths` and the `baseUrl` of the nearest `tsconfig.json` lead, or of that which it refers to and the file belongs to. */
export class PathAliases {
  readonly #known = new Map<string, Known>();

  forget(): void {
    this.#known.clear();
  }

  /** In the order in which they are tried; they say nothing of extensions. */
  of(from: string, specifier: string): readonly string[] {
    for (const project of this.#above(dirname(from)).projects) {
      const paths = project(from, specifier);
      if (paths !== undefined) return paths;
    }
    return [];
  }

  /** The tsconfigs that say so for a file, what they extend, and what they refer to. */
  filesFor(from: string): ReadonlySet<string> {
    return this.#above(dirname(from)).files;
  }

  #above(folder: string): Known {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const config = join(folder, 'tsconfig.json');
    const parent = dirname(folder);
    const found = kindOf(config) === 'file' ? knownOf(config) : parent === folder ? nothing : this.#above(parent);
    this.#known.set(folder, found);
    return found;
  }
}

const nothing: Known = { projects: [], files: new Set() };

function knownOf(config: string): Known {
  const files = new Set<string>();
  return { projects: projectsOf(config, files), files };
}

/** That of a file, and those that it refers to. @param files takes what was looked for */
function projectsOf(path: string, files: Set<string>, isReferred = false): Project[] {
  // Loaded when it is needed: the resolver does it by itself for all but a few.
  const library = createRequire(import.meta.url)('get-tsconfig') as typeof tsconfigs;
  const cache = new Map<string, string>();
  files.add(path);
  try {
    const config = library.parseTsconfig(path, cache);
    const contains = library.createFilesMatcher({ path, config });
    const matcher = library.createPathsMatcher({ path, config });
    const references = isReferred ? [] : (config.references ?? []);
    return [
      (from, specifier) => contains(from) && (matcher?.(specifier) ?? []),
      ...references.flatMap((reference) => {
        const referred = resolve(dirname(path), reference.path);
        const file = kindOf(referred) === 'folder' ? join(referred, 'tsconfig.json') : referred;
        return projectsOf(file, files, true);
      }),
    ];
  } catch {
    return []; // It cannot be used, or there is none.
  } finally {
    // The library keeps by such names what it asked of the file system: `existsSync:/a/base.json`, `readFileSync:/a/base.json:utf8`.
    for (const key of cache.keys()) files.add(key.replace(/^\w+:/, '').replace(/:utf8$/, ''));
  }
}
