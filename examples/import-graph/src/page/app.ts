import { Announcer } from './announcer.js';
import { Connection, type Update } from './connection.js';
import { Drawing } from './drawing.js';
import { element, make } from './elements.js';
import { Inspector } from './inspector.js';
import { listenToKeys } from './keys.js';
import type { SizeKind } from './model/area.js';
import { emphasisOf, type Selection } from './model/emphasis.js';
import { viewOf, type GraphPayload, type GraphView } from './model/view.js';
import { waysFrom, type Ways } from './model/way.js';
import { ProgressBar } from './progress-bar.js';
import { SearchBox } from './search-box.js';
import { pause } from './slices.js';
import { Summary } from './summary.js';
import { Theme } from './theme.js';

// What is looked at: all that is shown follows from these.
let view: GraphView | undefined;
let ways: Ways = new Map();
let selection: Selection | undefined;
let matches: readonly string[] | undefined;
let kind: SizeKind = 'own';
let typing: ReturnType<typeof setTimeout> | undefined;

const announcer = new Announcer();
const theme = new Theme(() => {
  drawing.recolour();
  showLegend();
});
const drawing = new Drawing(element('drawing'), (path) =>
  select(path === undefined ? undefined : { kind: 'module', path }),
);
const go = (to: Selection): void => {
  select(to);
  inspector.focus();
  goTo(to);
};
const summary = new Summary(go);
const inspector = new Inspector(go);
const searchBox = new SearchBox({
  found: (paths) => {
    matches = paths;
    if (paths !== undefined) announcer.say(`${paths.length} ${paths.length === 1 ? 'module' : 'modules'} found`);
    // While something is typed in a large graph, the drawing waits for the end of it.
    clearTimeout(typing);
    if ((view?.modules.size ?? 0) > 3000) typing = setTimeout(emphasise, 150);
    else emphasise();
  },
  chosen: (path) => go({ kind: 'module', path }),
});
const progressBar = new ProgressBar();

/** Brings what is selected into view; of a module its neighbours, too, as far as they are near. */
function goTo(to: Selection): void {
  if (to.kind === 'cycle') drawing.goTo(to.cycle, [], inspector.covers);
  else {
    const { imports = [], importers = [] } = view?.modules.get(to.path) ?? {};
    drawing.goTo(
      [to.path],
      [...imports, ...importers].map(({ path }) => path),
      inspector.covers,
    );
  }
}

/** Selects, or with nothing clears the selection. The address names a selected module, so that the way back leads to it. */
function select(to: Selection | undefined): void {
  if (to === selection) return;
  selection = to;
  const hash = to?.kind === 'module' ? `#${encodeURIComponent(to.path)}` : '';
  if (hash !== location.hash) history.pushState(null, '', hash === '' ? location.pathname : hash);
  showSelection();
}

function showSelection(): void {
  if (view === undefined) return;
  inspector.show(view, ways, selection);
  summary.show(view, kind, selection);
  emphasise();
}

function emphasise(): void {
  if (view !== undefined) drawing.emphasise(emphasisOf(view, ways, selection, matches));
}

/** What the address names, if it is there. */
function addressed(): Selection | undefined {
  let path = '';
  try {
    path = decodeURIComponent(location.hash.slice(1));
  } catch {
    // Nobody's path.
  }
  return view?.modules.has(path) === true ? { kind: 'module', path } : undefined;
}

/** The selection in another graph: gone if what was selected is. */
function still(graph: GraphView, old: Selection | undefined): Selection | undefined {
  if (old?.kind === 'module') return graph.modules.has(old.path) ? old : undefined;
  if (old?.kind !== 'cycle') return undefined;
  const key = old.cycle.join('\n');
  return graph.cycles.some((cycle) => cycle.join('\n') === key) ? old : undefined;
}

async function showGraph(payload: GraphPayload, { recomputed, changed }: Update): Promise<void> {
  const first = view === undefined;
  const next = viewOf(payload);
  await pause();
  ways = waysFrom(next);
  view = next;
  element('root').textContent = payload.root;
  document.title = `${payload.root} – import-graph`;
  selection = first ? addressed() : still(next, selection);
  note(next.modules.size === 0 ? 'There is no JavaScript or TypeScript here.' : '');
  await pause();
  showSelection();
  searchBox.searchIn(next.modules.keys());
  await pause();
  await draw(next);
  showLegend();
  emphasise();
  document.documentElement.dataset['version'] = String(payload.version);
  if (first) {
    announcer.say(`${next.totals.modules} modules, ${next.totals.cycles} cycles`);
    if (selection !== undefined) goTo(selection);
    return;
  }
  drawing.flash(changed);
  announcer.say(`${recomputed} recomputed`);
  toast(`${recomputed} recomputed`);
}

async function draw(graph: GraphView): Promise<void> {
  try {
    await drawing.show(graph, kind);
  } catch (error) {
    // All else works without.
    console.warn(error);
    note('The graph cannot be drawn: this browser has no WebGL. The lists and the search work all the same.');
  }
}

function note(text: string): void {
  const host = element('note');
  host.hidden = text === '';
  host.textContent = text;
}

/** Says in the bar what the update was, until the next. */
function toast(text: string): void {
  const host = element('connection');
  host.dataset['state'] = 'live';
  host.textContent = `Live · ${text}`;
}

function showLegend(): void {
  const line = (colour: string, text: string, count: number): HTMLElement => {
    const swatch = make('i', { class: 'swatch', 'aria-hidden': 'true' });
    swatch.style.background = colour;
    return make(
      'li',
      { title: text },
      swatch,
      make('span', { class: 'name' }, text),
      make('span', { class: 'number' }, String(count)),
    );
  };
  const lines = drawing.groups.map(({ folder, modules, colour }) =>
    line(colour, folder === '' ? './' : folder, modules),
  );
  const grouped = drawing.groups.reduce((sum, { modules }) => sum + modules, 0);
  const others = (view?.modules.size ?? 0) - grouped;
  if (others > 0) lines.push(line('var(--hue-other)', 'elsewhere', others));
  const cyclic = view?.totals.cycles ?? 0;
  if (cyclic > 0)
    lines.unshift(
      line('var(--cycle)', 'on a cycle', [...(view?.modules.values() ?? [])].filter((each) => each.onCycle).length),
    );
  element('legend').replaceChildren(...lines);
  element('legend').hidden = lines.length === 0;
}

function showSize(next: SizeKind): void {
  kind = next;
  drawing.resize(kind);
  if (view !== undefined) summary.show(view, kind, selection);
}

const sizes = [...document.querySelectorAll<HTMLInputElement>('input[name=size]')];
for (const input of sizes) input.addEventListener('change', () => showSize(input.value === 'total' ? 'total' : 'own'));
const help = element('help') as HTMLDialogElement;
element('help-button').addEventListener('click', () => help.showModal());
element('inspector-close').addEventListener('click', () => select(undefined));
element('zoom-in').addEventListener('click', () => drawing.zoom(1.5));
element('zoom-out').addEventListener('click', () => drawing.zoom(1 / 1.5));
element('zoom-fit').addEventListener('click', () => drawing.fit());
element('drawing').addEventListener('keydown', (event) => {
  const step = 0.08;
  const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  drawing.pan(move[0] ?? 0, move[1] ?? 0);
});
listenToKeys({
  search: () => searchBox.focus(),
  escape: () => {
    if (searchBox.clear()) return;
    if (selection === undefined) {
      if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
      return;
    }
    // The focus was on what goes away.
    if (element('inspector').contains(document.activeElement)) element('drawing').focus();
    select(undefined);
  },
  zoom: (closer) => drawing.zoom(closer ? 1.5 : 1 / 1.5),
  fit: () => drawing.fit(),
  switchSize: () => {
    const other = sizes.find(({ checked }) => !checked);
    if (other === undefined) return;
    other.checked = true;
    showSize(other.value === 'total' ? 'total' : 'own');
  },
  switchTheme: () => theme.toggle(),
  help: () => help.showModal(),
});
addEventListener('popstate', () => {
  selection = addressed();
  showSelection();
});

new Connection({
  connection: (state) => {
    const host = element('connection');
    if (host.dataset['state'] === state) return;
    host.dataset['state'] = state;
    host.textContent = state === 'live' ? 'Live' : 'Disconnected – looking for the program';
    if (state === 'lost') {
      progressBar.hide();
      announcer.say('The program has gone away. What is shown may be old.');
      if (view === undefined) note('The program has gone away. The graph will appear when it is back.');
    } else {
      announcer.mention('Connected');
      if (view === undefined) note('');
    }
  },
  progress: (progress) => {
    const words = progressBar.show(progress, view === undefined);
    if (words !== '') announcer.mention(words);
  },
  computed: () => {
    element('failure').hidden = true;
  },
  graph: showGraph,
  failed: (message) => {
    const host = element('failure');
    host.textContent = `The graph could not be computed: ${message}`;
    host.hidden = false;
    progressBar.hide();
  },
}).open();

// For the console, and for tests that click where a module is.
Object.assign(globalThis, {
  importGraph: {
    whereIs: (path: string) => drawing.whereIs(path),
  },
});
