import { components } from './components.js';
import type { ModuleResult } from './model.js';

/** Knows what is on a cycle, be that listed or not: an import is if its two files reach each other. */
export class Tangles {
  /** Of each file on a cycle, one that stands for all that it reaches and that reach it. */
  readonly #tangles = new Map<string, string>();

  constructor(modules: readonly Pick<ModuleResult, 'path' | 'imports'>[]) {
    const imports = new Map(modules.map((each) => [each.path, each.imports.map(({ path }) => path)]));
    for (const [path, targets] of imports) if (targets.includes(path)) this.#tangles.set(path, path);
    for (const files of components(imports.keys(), (path) => imports.get(path) ?? [])) {
      for (const file of files) this.#tangles.set(file, files[0] as string);
    }
  }

  /** Whether a file is on a cycle. */
  has(path: string): boolean {
    return this.#tangles.has(path);
  }

  /** Whether an import of one file by another is on a cycle. */
  hold(from: string, to: string): boolean {
    const tangle = this.#tangles.get(from);
    return tangle !== undefined && tangle === this.#tangles.get(to);
  }
}
