import type * as tsconfigs from 'get-tsconfig';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { kindOf } from './regular-file.js';

/** Gives the paths that a specifier may mean in the files of one tsconfig; nothing for a file that is none of these. */
type Project = (from: string, specifier: string) => readonly string[] | undefined;

/** Knows where the `paths` and the `baseUrl` of the nearest `tsconfig.json` lead, or of that which it refers to and the file belongs to. */
export class PathAliases {
  readonly #known = new Map<string, readonly Project[]>();

  forget(): void {
    this.#known.clear();
  }

  /** In the order in which they are tried; they say nothing of extensions. */
  of(from: string, specifier: string): readonly string[] {
    for (const project of this.#above(dirname(from))) {
      const paths = project(from, specifier);
      if (paths !== undefined) return paths;
    }
    return [];
  }

  #above(folder: string): readonly Project[] {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const config = join(folder, 'tsconfig.json');
    const parent = dirname(folder);
    const found = kindOf(config) === 'file' ? projectsOf(config) : parent === folder ? [] : this.#above(parent);
    this.#known.set(folder, found);
    return found;
  }
}

/** That of a file, and those that it refers to. */
function projectsOf(path: string, isReferred = false): Project[] {
  // Loaded when it is needed: the resolver does it by itself for all but a few.
  const library = createRequire(import.meta.url)('get-tsconfig') as typeof tsconfigs;
  try {
    const config = library.parseTsconfig(path);
    const contains = library.createFilesMatcher({ path, config });
    const matcher = library.createPathsMatcher({ path, config });
    const references = isReferred ? [] : (config.references ?? []);
    return [
      (from, specifier) => contains(from) && (matcher?.(specifier) ?? []),
      ...references.flatMap((reference) => {
        const referred = resolve(dirname(path), reference.path);
        return projectsOf(kindOf(referred) === 'folder' ? join(referred, 'tsconfig.json') : referred, true);
      }),
    ];
  } catch {
    return []; // It cannot be used, or there is none.
  }
}
