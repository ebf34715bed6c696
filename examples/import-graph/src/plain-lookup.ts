import { realpathSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { NapiResolveOptions } from 'oxc-resolver';
import { kindOf } from './regular-file.js';
import { packageName } from './unbuilt.js';

/** Whether a specifier names a file by its place. */
export function isPlace(specifier: string): boolean {
  return /^(?:\.|\/)/.test(specifier);
}

type Rules = Pick<NapiResolveOptions, 'extensions' | 'extensionAlias'>;

/**
 * The file that a specifier names by its place, as the resolver finds it, but without a look into any manifest: there is one that cannot be used, and with that the resolver
 * finds nothing any more.
 */
export function byPlace(
  folder: string,
  specifier: string,
  { extensions = [], extensionAlias = {} }: Rules,
): string | undefined {
  const path = resolve(folder, specifier.replace(/[?#].*$/, ''));
  const extension = extname(path);
  const aliases = extensionAlias[extension]?.map((other) => path.slice(0, -extension.length) + other) ?? [path];
  const beside = extensions.map((each) => path + each);
  const inside = extensions.map((each) => join(path, `index${each}`));
  // `./` and `..` are folders, whatever stands beside these.
  const files = /(?:^|\/)\.{0,2}$/.test(specifier) ? inside : [...aliases, ...beside, ...inside];
  const found = files.find((file) => kindOf(file) === 'file');
  return found && realpathSync(found);
}

/** The folders in which packages are looked for, from a folder upwards. */
export function packageFolders(folder: string): string[] {
  const parent = dirname(folder);
  return [join(folder, 'node_modules'), ...(parent === folder ? [] : packageFolders(parent))];
}

/** Knows which manifests are no files: the resolver would wait for a pipe, and nothing would be seen meanwhile. */
export class SpecialManifests {
  readonly #known = new Map<string, string | undefined>();
  readonly #packages = new Map<string, boolean>();

  forget(): void {
    this.#known.clear();
    this.#packages.clear();
  }

  /** The manifest that holds in a folder, if it is no file. */
  above(folder: string): string | undefined {
    if (this.#known.has(folder)) return this.#known.get(folder);
    const manifest = join(folder, 'package.json');
    const kind = kindOf(manifest);
    const parent = dirname(folder);
    const isLast = kind === 'file' || kind === 'special' || parent === folder;
    const found = kind === 'special' ? manifest : isLast ? undefined : this.above(parent);
    this.#known.set(folder, found);
    return found;
  }

  /** One that the resolver would read to look up a specifier. */
  onTheWay(folder: string, specifier: string): string | undefined {
    const own = this.above(folder);
    if (own !== undefined || !isPlace(specifier)) return own ?? this.ofPackage(folder, specifier);
    const target = resolve(folder, specifier);
    return this.above(extname(target) === '' ? target : dirname(target));
  }

  /** That of the package which a specifier leads to. */
  ofPackage(folder: string, specifier: string): string | undefined {
    for (let at = folder; ; at = dirname(at)) {
      if (this.#hasPackages(at)) {
        const manifest = join(at, 'node_modules', packageName(specifier), 'package.json');
        const kind = kindOf(manifest);
        if (kind !== undefined) return kind === 'special' ? manifest : undefined;
      }
      if (dirname(at) === at) return undefined;
    }
  }

  #hasPackages(folder: string): boolean {
    let known = this.#packages.get(folder);
    if (known === undefined) this.#packages.set(folder, (known = kindOf(join(folder, 'node_modules')) === 'folder'));
    return known;
  }
}
