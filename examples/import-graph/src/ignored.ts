import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readRegular } from './regular-file.js';

interface Layer {
  readonly folder: string;
  readonly rules: Ignore;
}

/** The `.gitignore` files that hold in a folder: its own and those of the folders above, up to the one that git began in. */
export class IgnoreRules {
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
      text = readRegular(join(folder, '.gitignore')).toString();
    } catch {
      return this;
    }
    return new IgnoreRules([...this.#layers, { folder, rules: ignore({ ignorecase: false }).add(text) }]);
  }

  /** The innermost file that says something of the path decides, as in git. */
  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false;
    for (const { folder, rules } of this.#layers) {
      const inside = relative(folder, path).replaceAll(sep, '/');
      if (inside === '' || inside === '..' || inside.startsWith('../')) continue;
      const verdict = rules.test(isFolder ? `${inside}/` : inside);
      if (verdict.ignored) ignored = true;
      else if (verdict.unignored) ignored = false;
    }
    return ignored;
  }
}
