import { abridged } from '../abridged.js';
import { element, make } from './elements.js';
import { ItemList, type Item } from './item-list.js';
import { inBytes } from './model/bytes.js';
import type { Selection } from './model/emphasis.js';
import { namesOf } from './model/names.js';
import type { GraphView, Link, ModuleView } from './model/view.js';
import { wayTo, type Ways } from './model/way.js';
import { kindTags, moduleLine } from './module-line.js';

/** What is told about the selection: a module with its neighbours and its way from an entry, or the modules of a cycle. */
export class Inspector {
  readonly #go: (selection: Selection) => void;
  readonly #panel = element('inspector');
  readonly #title = element('inspector-title');
  readonly #body = element('inspector-body');

  constructor(go: (selection: Selection) => void) {
    this.#go = go;
  }

  /** How much of the drawing it covers, on its right. */
  get covers(): number {
    return this.#panel.hidden ? 0 : this.#panel.offsetWidth + 12;
  }

  show(view: GraphView, ways: Ways, selection: Selection | undefined): void {
    const scrolled = this.#panel.scrollTop;
    const had = this.#body.contains(document.activeElement) ? document.activeElement : null;
    const list = had?.closest('section')?.dataset['section'];
    const key = had instanceof HTMLElement ? had.dataset['key'] : undefined;
    const title = this.#title.title;
    this.#panel.hidden = selection === undefined;
    if (selection === undefined) return;
    if (selection.kind === 'cycle') this.#showCycle(view, selection.cycle);
    else this.#showModule(view, ways, selection.path);
    // The same again, with news: nothing moves under the reader.
    if (title !== this.#title.title) return;
    this.#panel.scrollTop = scrolled;
    const buttons = [...this.#body.querySelectorAll<HTMLElement>(`[data-section="${list ?? ''}"] button`)];
    if (had !== null) (buttons.find(({ dataset }) => dataset['key'] === key) ?? this.#title).focus();
  }

  /** Takes the focus to the beginning of what is told. */
  focus(): void {
    this.#title.focus({ preventScroll: true });
    this.#panel.scrollTop = 0;
  }

  #head(name: string, folder: string, title: string, ...badges: readonly string[]): void {
    this.#title.title = title;
    this.#title.replaceChildren(
      ...(folder === '' ? [] : [make('span', { class: 'folder' }, folder)]),
      make('span', { class: 'name' }, name),
      ...badges.map((badge) => make('span', { class: 'badge' }, badge)),
    );
  }

  #showCycle(view: GraphView, cycle: readonly string[]): void {
    const count = cycle.length === 1 ? 'A module that imports itself' : `Cycle of ${cycle.length} modules`;
    this.#head(count, '', cycle.join('\n'));
    this.#body.replaceChildren();
    this.#section(
      'cycle',
      'Each imports the next, the last the first',
      cycle.length,
      cycle.map((path) => this.#line(view, path)),
      'ol',
    );
  }

  #showModule(view: GraphView, ways: Ways, path: string): void {
    const module = view.modules.get(path);
    if (module === undefined) return;
    const { folder, name } = namesOf(path);
    this.#head(
      name,
      folder,
      path,
      ...(module.onCycle ? ['on a cycle'] : []),
      ...(view.entries.has(path) ? ['entry'] : []),
    );
    this.#body.replaceChildren(facts(module));
    const faults = [
      ...view.errors.filter((each) => each.path === path).map(({ message }) => message),
      ...view.unresolved
        .filter((each) => each.path === path)
        .map(({ line, specifier, message }) => `${line}: ${specifier} – ${message}`),
    ];
    if (faults.length > 0)
      this.#body.append(make('ul', { class: 'faults' }, ...faults.map((each) => make('li', {}, each))));
    this.#way(view, ways, path);
    const lines = (links: readonly Link[]): Item[] =>
      links.map((link) => this.#line(view, link.path, ...kindTags(link)));
    this.#section('importers', 'Imported by', module.importers.length, lines(module.importers));
    this.#section('imports', 'Imports', module.imports.length, lines(module.imports));
    const cycles = view.cycles.filter((cycle) => cycle.includes(path));
    if (cycles.length === 0) return;
    this.#section(
      'cycles',
      'Cycles through it',
      cycles.length,
      cycles.map((cycle) => ({
        key: cycle.join('\n'),
        title: abridged(cycle).join('\n→ '),
        content: [
          make('span', { class: 'name cyclic' }, abridged(cycle.map((each) => namesOf(each).name)).join(' → ')),
        ],
        act: () => this.#go({ kind: 'cycle', cycle }),
      })),
    );
  }

  #way(view: GraphView, ways: Ways, path: string): void {
    if (view.entries.has(path)) return;
    const way = wayTo(ways, path);
    const title = 'Way from an entry';
    if (way.length > 0)
      this.#section(
        'way',
        title,
        way.length === 2 ? '1 step' : `${way.length - 1} steps`,
        way.map((each) => this.#line(view, each)),
        'ol',
      );
    else this.#section('way', title, undefined, [], 'ol', 'No entry leads here.');
  }

  #line(view: GraphView, path: string, ...beside: readonly Node[]): Item {
    const module = view.modules.get(path);
    const size = module === undefined ? '' : inBytes(module.size);
    return {
      key: path,
      title: path,
      content: moduleLine(path, module?.onCycle === true, ...beside, size),
      act: () => this.#go({ kind: 'module', path }),
    };
  }

  #section(
    name: string,
    title: string,
    count: number | string | undefined,
    items: readonly Item[],
    tag: 'ol' | 'ul' = 'ul',
    none = 'None.',
  ): void {
    const list = make(tag, { class: `items ${name}`, 'aria-labelledby': `title-${name}` });
    const heading = make('h3', { id: `title-${name}` }, title);
    if (count !== undefined) heading.append(' ', make('span', { class: 'number' }, String(count)));
    this.#body.append(
      make('section', { 'data-section': name }, heading, items.length > 0 ? list : make('p', { class: 'none' }, none)),
    );
    new ItemList(list).show(items);
  }
}

function facts({ size, totalSize, depth, hash }: ModuleView): HTMLElement {
  const fact = (name: string, value: string, title: string): HTMLElement =>
    make('div', {}, make('dt', {}, name), make('dd', { title }, value));
  return make(
    'dl',
    { class: 'facts' },
    fact('Own size', inBytes(size), `${size} bytes`),
    fact('Total size', inBytes(totalSize), `${totalSize} bytes, with all that it reaches`),
    fact('Depth', String(depth), 'Imports on the longest way down'),
    fact('Hash', hash.slice(0, 12), hash),
  );
}
