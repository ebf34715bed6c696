import { element } from './elements.js';

const key = 'import-graph.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Dark or light: as the system has it, until the reader has chosen; the choice is remembered. Tells when it is another. */
export class Theme {
  readonly #button = element('theme');
  readonly #changed: () => void;
  #chosen = remembered();

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#apply();
    this.#button.addEventListener('click', () => this.toggle());
    dark.addEventListener('change', () => {
      this.#apply();
      this.#changed();
    });
  }

  toggle(): void {
    this.#chosen = this.#isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem(key, this.#chosen);
    } catch {
      // Where nothing may be stored the choice is good for as long as the page lives.
    }
    this.#apply();
    this.#changed();
  }

  #isDark(): boolean {
    return this.#chosen === undefined ? dark.matches : this.#chosen === 'dark';
  }

  #apply(): void {
    if (this.#chosen !== undefined) document.documentElement.dataset['theme'] = this.#chosen;
    this.#button.setAttribute('aria-pressed', String(this.#isDark()));
  }
}

function remembered(): 'light' | 'dark' | undefined {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
}
