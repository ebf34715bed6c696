import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { inBytes, readPatterns, type IgnorePattern } from './gitignore.js';
import { readRegular } from './regular-file.js';

interface Layer {
  readonly folder: string;
  /** The last first. */
  readonly patterns: readonly IgnorePattern[];
}

/** The `.gitignore` files that hold in a folder: its own and those of the folders above, up to the one that git began in. */
export class IgnoreRules {
  /** The innermost first. */
  readonly #layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** What holds in a folder because of those above. Nothing, if they ignore the folder itself: who asks for it wants to see it. */
  static above(folder: string): IgnoreRules {
    const parents: string[] = [];
    for (let at = folder; !existsSync(join(at, '.git')); at = dirname(at)) {
      if (dirname(at) === at) return new IgnoreRules([]);
      parents.unshift(dirname(at));
    }
    const rules = parents.reduce((above, parent) => above.within(parent), new IgnoreRules([]));
    const ignored = [...parents.slice(1), folder].some((each) => rules.ignores(each, true));
    return ignored ? new IgnoreRules([]) : rules;
  }

  /** What holds in a folder: these rules, and its own. */
  within(folder: string): IgnoreRules {
    let text: string;
    try {
      text = readRegular(join(folder, '.gitignore')).toString('latin1');
    } catch {
      return this;
    }
    return new IgnoreRules([{ folder, patterns: readPatterns(text).reverse() }, ...this.#layers]);
  }

  /** The last line of the innermost file that says something of the path decides, as in git. What an ignored folder holds is not asked about. */
  ignores(path: string, isFolder: boolean): boolean {
    for (const { folder, patterns } of this.#layers) {
      const inside = inBytes(relative(folder, path)).replaceAll(sep, '/');
      if (inside === '' || inside === '..' || inside.startsWith('../')) continue;
      const decisive = patterns.find(({ onlyFolders, expression }) => {
        return (isFolder || !onlyFolders) && expression.test(inside);
      });
      if (decisive !== undefined) return !decisive.isNegated;
    }
    return false;
  }
}
