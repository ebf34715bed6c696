import { abridged } from '../abridged.js';
import { element, make } from './elements.js';
import { ItemList, type Item } from './item-list.js';
import { sizeOf, type SizeKind } from './model/area.js';
import { inBytes } from './model/bytes.js';
import type { Selection } from './model/emphasis.js';
import { namesOf } from './model/names.js';
import type { GraphView } from './model/view.js';
import { moduleLine } from './module-line.js';

type ListName = 'cycles' | 'heaviest' | 'unresolved' | 'errors';

/** How many of the heaviest are listed. */
const heaviest = 40;
const numbers = new Intl.NumberFormat('en');

/** The table and the lists beside the drawing. */
export class Summary {
  readonly #go: (selection: Selection) => void;
  readonly #lists: Readonly<Record<ListName, ItemList>> = {
    cycles: new ItemList(element('cycles')),
    heaviest: new ItemList(element('heaviest')),
    unresolved: new ItemList(element('unresolved')),
    errors: new ItemList(element('errors')),
  };

  constructor(go: (selection: Selection) => void) {
    this.#go = go;
  }

  show(view: GraphView, kind: SizeKind, selection: Selection | undefined): void {
    const { totals } = view;
    for (const name of ['modules', 'imports', 'cycles', 'unresolved', 'errors'] as const) {
      const cell = element(`total-${name}`);
      cell.textContent = numbers.format(totals[name]);
      cell.parentElement?.toggleAttribute('data-any', totals[name] > 0);
    }
    element('total-bytes').textContent = inBytes(totals.bytes);
    this.#fill(
      'cycles',
      view.cycles.map((cycle) => this.#cycle(cycle, selection)),
    );
    this.#fill('heaviest', this.#heaviest(view, kind, selection));
    this.#fill(
      'unresolved',
      view.unresolved.map((each) =>
        this.#fault(view, each, `${each.line}:${each.column}`, each.specifier, each.message),
      ),
    );
    this.#fill(
      'errors',
      view.errors.map((each) =>
        this.#fault(
          view,
          each,
          each.line === undefined ? '' : `${each.line}:${each.column ?? 1}`,
          each.message,
          each.message,
        ),
      ),
    );
  }

  #fill(name: ListName, items: readonly Item[]): void {
    element(name).parentElement?.toggleAttribute('hidden', items.length === 0);
    this.#lists[name].show(items);
  }

  #cycle(cycle: readonly string[], selection: Selection | undefined): Item {
    const key = cycle.join('\n');
    const names = abridged(cycle.map((path) => namesOf(path).name));
    return {
      key,
      title: abridged([...cycle, cycle[0] ?? '']).join('\n→ '),
      current: selection?.kind === 'cycle' && selection.cycle.join('\n') === key,
      content: [
        make('span', { class: 'name cyclic' }, names.length === 1 ? `${names[0] ?? ''} ↺` : names.join(' → ')),
        make('span', { class: 'beside' }, String(cycle.length)),
      ],
      act: () => this.#go({ kind: 'cycle', cycle }),
    };
  }

  #heaviest(view: GraphView, kind: SizeKind, selection: Selection | undefined): Item[] {
    const sorted = [...view.modules.values()].sort((a, b) => sizeOf(b, kind) - sizeOf(a, kind)).slice(0, heaviest);
    const most = sizeOf(sorted[0] ?? { size: 1, totalSize: 1 }, kind) || 1;
    return sorted.map((module) => {
      const { path, onCycle } = module;
      const bar = make('span', { class: 'bar', 'aria-hidden': 'true' });
      bar.style.width = `${(100 * sizeOf(module, kind)) / most}%`;
      return {
        key: path,
        title: path,
        current: selection?.kind === 'module' && selection.path === path,
        content: [bar, ...moduleLine(path, onCycle, inBytes(sizeOf(module, kind)))],
        act: () => this.#go({ kind: 'module', path }),
      };
    });
  }

  #fault(view: GraphView, { path }: { readonly path: string }, place: string, text: string, message: string): Item {
    return {
      key: `${path}\n${place}\n${text}`,
      title: `${path}${place === '' ? '' : `:${place}`}\n${message}`,
      content: [
        make('span', { class: 'what' }, text),
        make('span', { class: 'where' }, place === '' ? path : `${path}:${place}`),
      ],
      act: () => view.modules.has(path) && this.#go({ kind: 'module', path }),
    };
  }
}
