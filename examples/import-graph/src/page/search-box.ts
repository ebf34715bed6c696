import { element, make } from './elements.js';
import { namesOf } from './model/names.js';
import { search, type Match } from './model/search.js';

/** How many of what was found are listed; all of it stands out in the drawing. */
const listed = 50;

export interface SearchListener {
  /** Something else was found, or nothing is looked for any more. */
  found(paths: readonly string[] | undefined): void;
  chosen(path: string): void;
}

/** The field to search in, and the list of what was found: the combobox of the ARIA practices, where the focus stays in the field. */
export class SearchBox {
  readonly #input = element('search') as HTMLInputElement;
  readonly #list = element('matches');
  readonly #count = element('match-count');
  readonly #listener: SearchListener;
  #paths: readonly string[] = [];
  #matches: readonly Match[] = [];
  #active = -1;

  constructor(listener: SearchListener) {
    this.#listener = listener;
    this.#input.addEventListener('input', () => this.#look());
    this.#input.addEventListener('focus', () => this.#input.value !== '' && this.#look());
    this.#input.addEventListener('blur', () => this.#open(false));
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    // The field keeps the focus when the list is clicked.
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.#list.addEventListener('click', ({ target }) => {
      const option = target instanceof Element ? target.closest<HTMLElement>('[role=option]') : null;
      if (option !== null) this.#choose(Number(option.dataset['at']));
    });
  }

  /** What is searched in from now on. */
  searchIn(paths: Iterable<string>): void {
    this.#paths = [...paths];
    if (this.#input.value !== '') this.#look(document.activeElement === this.#input);
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  /** Empties it; false where it was empty. */
  clear(): boolean {
    if (this.#input.value === '') return false;
    this.#input.value = '';
    this.#look();
    return true;
  }

  #look(open = true): void {
    const query = this.#input.value;
    this.#matches = search(this.#paths, query);
    this.#count.textContent = query.trim() === '' ? '' : `${this.#matches.length} found`;
    this.#list.replaceChildren(...this.#matches.slice(0, listed).map(optionOf));
    this.#activate(this.#matches.length > 0 ? 0 : -1);
    this.#open(open && this.#matches.length > 0);
    this.#listener.found(query.trim() === '' ? undefined : this.#matches.map(({ path }) => path));
  }

  #open(open: boolean): void {
    this.#list.hidden = !open;
    this.#input.setAttribute('aria-expanded', String(open));
    if (!open) this.#input.removeAttribute('aria-activedescendant');
  }

  #activate(at: number): void {
    this.#list.children[this.#active]?.setAttribute('aria-selected', 'false');
    this.#active = at;
    const option = this.#list.children[at];
    if (option === undefined) {
      this.#input.removeAttribute('aria-activedescendant');
      return;
    }
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    this.#input.setAttribute('aria-activedescendant', option.id);
  }

  #choose(at: number): void {
    const match = this.#matches[at];
    if (match === undefined) return;
    this.#input.value = '';
    this.#look();
    this.#listener.chosen(match.path);
  }

  #key(event: KeyboardEvent): void {
    // Enter and the arrows are for what composes letters.
    if (event.isComposing) return;
    const last = Math.min(this.#matches.length, listed) - 1;
    if (event.key === 'Enter') this.#choose(this.#active);
    else if (event.key === 'ArrowDown' && last >= 0) this.#step(this.#active >= last ? 0 : this.#active + 1);
    else if (event.key === 'ArrowUp' && last >= 0) this.#step(this.#active <= 0 ? last : this.#active - 1);
    else return;
    event.preventDefault();
  }

  #step(to: number): void {
    if (this.#list.hidden) this.#open(true);
    this.#activate(to);
  }
}

function optionOf({ path, ranges }: Match, at: number): HTMLElement {
  const start = namesOf(path).folder.length;
  const name = make('span', { class: 'name' }, ...marked(path, ranges, start, path.length));
  const folder = make('span', { class: 'folder' }, ...marked(path, ranges, 0, start));
  return make(
    'li',
    { role: 'option', id: `match-${at}`, 'data-at': String(at), 'aria-selected': 'false', title: path },
    name,
    folder,
  );
}

/** The text of a path from one place to another, what was looked for marked. */
function marked(path: string, ranges: Match['ranges'], begin: number, end: number): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let at = begin;
  for (const [from, to] of ranges) {
    const [first, last] = [Math.max(from, begin), Math.min(to, end)];
    if (first >= last) continue;
    parts.push(path.slice(at, first), make('mark', {}, path.slice(first, last)));
    at = last;
  }
  return [...parts, path.slice(at, end)];
}
