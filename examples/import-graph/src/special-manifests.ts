import { dirname, extname, join, resolve } from 'node:path';
import { isPlace } from './lookup-rules.js';
import { kindOf } from './regular-file.js';
import { packageName } from './unbuilt.js';

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
