import { make } from './elements.js';

/** One line of a list. */
export interface Item {
  /** What it is the same by when the list is shown again. */
  readonly key: string;
  readonly content: readonly (Node | string)[];
  /** The whole of what may be cut off. */
  readonly title?: string | undefined;
  readonly current?: boolean | undefined;
  act(): void;
}

/** How many are shown until more are asked for, and then at a time. */
const shown = 60;
const more = 400;

/** A list of buttons: one stop of the Tab key, within it the arrows, Home and End. Shown again it keeps the focus. */
export class ItemList {
  readonly #list: HTMLElement;
  #items: readonly Item[] = [];
  #count = shown;

  constructor(list: HTMLElement) {
    this.#list = list;
    list.addEventListener('keydown', (event) => this.#move(event));
    list.addEventListener('focusin', ({ target }) => this.#makeStop(target));
  }

  show(items: readonly Item[]): void {
    const [focused, at] = this.#focused();
    this.#items = items;
    this.#list.replaceChildren(...items.slice(0, this.#count).map(lineOf));
    const left = items.length - this.#count;
    if (left > 0) {
      const button = make('button', { type: 'button', class: 'more' }, `Show ${Math.min(more, left)} more of ${left}`);
      button.addEventListener('click', () => {
        const first = this.#count;
        this.#count += more;
        this.show(this.#items);
        this.#buttons()[first]?.focus();
      });
      this.#list.append(make('li', {}, button));
    }
    const buttons = this.#buttons();
    this.#makeStop(buttons[0]);
    if (focused !== undefined)
      (buttons.find(({ dataset }) => dataset['key'] === focused) ?? buttons[Math.min(at, buttons.length - 1)])?.focus();
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll('button')];
  }

  #focused(): [key: string | undefined, at: number] {
    const at = this.#buttons().findIndex((button) => button === document.activeElement);
    return at < 0 ? [undefined, 0] : [this.#buttons()[at]?.dataset['key'] ?? '', at];
  }

  #makeStop(target: EventTarget | null | undefined): void {
    if (!(target instanceof HTMLButtonElement)) return;
    for (const button of this.#buttons()) button.tabIndex = button === target ? 0 : -1;
  }

  #move(event: KeyboardEvent): void {
    const buttons = this.#buttons();
    const [, at] = this.#focused();
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  }
}

function lineOf({ key, content, title, current, act }: Item): HTMLLIElement {
  const button = make(
    'button',
    { type: 'button', 'data-key': key, ...(title === undefined ? {} : { title }) },
    ...content,
  );
  if (current === true) button.setAttribute('aria-current', 'true');
  button.addEventListener('click', act);
  return make('li', {}, button);
}
