import Graph from 'graphology';
import Sigma from 'sigma';
import { EdgeArrowProgram, EdgeLineProgram, EdgeRectangleProgram } from 'sigma/rendering';
import type { LayoutTask } from './model/force.js';
import { drawHover, drawLabel } from './labels.js';
import { startLayout } from './layout.js';
import { discLook, edgeLook, groupColour, type Disc, type State } from './looks.js';
import { radiusOf, sizeOf, type SizeKind } from './model/area.js';
import { differenceOf } from './model/difference.js';
import type { Emphasis } from './model/emphasis.js';
import { extentOf } from './model/extent.js';
import { groupsOf, huesOf } from './model/folders.js';
import { namesOf } from './model/names.js';
import { firstPlaces, placesBeside, type Groups, type Place } from './model/places.js';
import type { Point } from './model/seed.js';
import type { Edge, GraphView } from './model/view.js';
import { hues, paletteOf } from './palette.js';
import { inSlices, pause } from './slices.js';

/** What a group of folders looks like. */
export interface GroupLook {
  readonly folder: string;
  readonly modules: number;
  readonly colour: string;
}

type Model = Graph<Disc, Edge>;

/** With more lines than this they are hairs, the cheapest there is. */
const manyEdges = 4000;
const flashTime = 1600;

/**
 * The drawing of a graph.
 *
 * 1. A module that stays keeps its place: what is new is put beside its neighbours, and is all that a later layout moves.
 * 2. The frame is fixed when the first layout ends, so that a later one does not shift what is there; `fit` takes a new one.
 * 3. What the graph library is told, it is told in slices. What changes the state of what is there is written into it without its knowledge,
 *    and then all is looked at again, once before the next frame.
 */
export class Drawing {
  readonly #host: HTMLElement;
  readonly #select: (path: string | undefined) => void;
  #graph: Model = newGraph();
  #sigma: Sigma<Disc, Edge> | undefined;
  #view: GraphView | undefined;
  #kind: SizeKind = 'own';
  #groups: Groups = new Map();
  #state: State;
  #flashEnd: ReturnType<typeof setTimeout> | undefined;
  /** What has not come to rest yet, and what ends the layout that moves it. */
  #loose: ReadonlySet<string> = new Set();
  #endLayout: (() => void) | undefined;
  #frame: number | undefined;

  constructor(host: HTMLElement, select: (path: string | undefined) => void) {
    this.#host = host;
    this.#select = select;
    this.#state = {
      palette: paletteOf(host),
      hues: new Map(),
      emphasis: undefined,
      flashing: new Set(),
      crowded: false,
    };
  }

  /** The groups that have a colour, largest first. */
  get groups(): GroupLook[] {
    return [...this.#groups].flatMap(([folder, { length }]) =>
      this.#state.hues.has(folder) ? [{ folder, modules: length, colour: groupColour(this.#state, folder) }] : [],
    );
  }

  /** Draws a graph, or makes the drawing one of it. */
  async show(view: GraphView, kind: SizeKind): Promise<void> {
    const before = this.#view;
    this.#kind = kind;
    this.#groups = groupsOf(view.modules.keys(), 3 * hues);
    this.#change({
      hues: huesOf(this.#groups.keys(), this.#state.hues, hues),
      crowded: view.edges.size > manyEdges,
    });
    if (before === undefined || this.#graph.order === 0) await this.#begin(view);
    else await this.#update(before, view);
    this.#view = view;
    this.#host.setAttribute(
      'aria-label',
      `Import graph: ${view.totals.modules} modules, ${view.edges.size} lines between them`,
    );
  }

  /** Shows another size as area. Everything stays where it is. */
  resize(kind: SizeKind): void {
    this.#kind = kind;
    if (this.#view !== undefined) this.#dress(this.#view);
    this.#refresh();
  }

  emphasise(emphasis: Emphasis | undefined): void {
    if (this.#state.emphasis === emphasis) return;
    this.#host.dataset['emphasised'] = String(emphasis?.modules.size ?? 0);
    this.#change({ emphasis });
  }

  /** Shows for a moment that something has happened to these. */
  flash(paths: Iterable<string>): void {
    const flashing = new Set([...paths].filter((path) => this.#graph.hasNode(path)));
    this.#host.dataset['flashed'] = String(flashing.size);
    clearTimeout(this.#flashEnd);
    this.#flashEnd = setTimeout(() => this.#change({ flashing: new Set() }), flashTime);
    this.#change({ flashing });
  }

  /** Takes the colours from the style sheet again. */
  recolour(): void {
    this.#change({ palette: paletteOf(this.#host) });
  }

  zoom(factor: number): void {
    void this.#sigma?.getCamera().animatedZoom({ factor, duration: motion(160) });
  }

  /** Moves what is seen, by parts of what is seen. */
  pan(right: number, down: number): void {
    const camera = this.#sigma?.getCamera();
    if (camera === undefined) return;
    const { x, y, ratio } = camera.getState();
    camera.setState({ x: x + right * ratio, y: y - down * ratio });
  }

  /** Shows all of it. */
  fit(): void {
    if (this.#sigma === undefined) return;
    this.#sigma.setCustomBBox(this.#extent());
    this.#refresh();
    void this.#sigma.getCamera().animate({ x: 0.5, y: 0.5, angle: 0, ratio: 1 }, { duration: motion(250) });
  }

  #extent(): ReturnType<typeof extentOf> {
    return extentOf(this.#graph.mapNodes((_path, disc) => disc));
  }

  /** Brings modules to the middle of what is not covered on the right, near enough to be seen, with those around them that are not far. */
  goTo(paths: Iterable<string>, around: Iterable<string>, covered: number): void {
    const sigma = this.#sigma;
    if (sigma === undefined) return;
    const placesOf = (of: Iterable<string>): Point[] => [...of].flatMap((path) => sigma.getNodeDisplayData(path) ?? []);
    const places = placesOf(paths);
    if (places.length === 0) return;
    const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)];
    const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const [x, y] = [(left + right) / 2, (bottom + top) / 2];
    const near = Math.max(0.1, Math.min(0.45, 9 / Math.sqrt(this.#graph.order)));
    const far = Math.max(0, ...placesOf(around).map((place) => 2.3 * Math.hypot(place.x - x, place.y - y)));
    const camera = sigma.getCamera();
    const wanted = Math.max(near, 1.7 * Math.max(right - left, top - bottom), Math.min(far, 3 * near));
    const state = {
      x,
      y,
      angle: 0,
      ratio: Math.min(1.2, places.length === 1 ? Math.min(camera.ratio, wanted) : wanted),
    };
    const at = (across: number): number => sigma.viewportToFramedGraph({ x: across, y: 0 }, { cameraState: state }).x;
    void camera.animate({ ...state, x: x + at(covered / 2) - at(0) }, { duration: motion(350) });
  }

  /** Where a module is on the screen, relative to the drawing. */
  whereIs(path: string): Point | undefined {
    if (!this.#graph.hasNode(path)) return undefined;
    return this.#sigma?.graphToViewport(this.#graph.getNodeAttributes(path));
  }

  #change(state: Partial<State>): void {
    this.#state = { ...this.#state, ...state };
    this.#refresh();
  }

  /** Before the next frame, however often it is asked for until then. */
  #refresh(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#sigma?.refresh();
    });
  }

  async #begin(view: GraphView): Promise<void> {
    if (view.modules.size === 0) return;
    // It is opened before there is anything in it, and given all at once: told of each module it would look at all of them again and again.
    this.#sigma ??= this.#open();
    await pause();
    this.#graph = newGraph();
    await inSlices(firstPlaces(view, this.#groups), ([path, place]) => this.#add(path, place));
    await inSlices(view.edges.values(), (edge) => this.#addEdge(edge));
    this.#dress(view);
    await pause();
    this.#sigma.setGraph(this.#graph);
    await pause();
    this.#layOut(view.modules.keys());
  }

  async #update(before: GraphView, after: GraphView): Promise<void> {
    this.#endLayout?.();
    const { added, removed, addedEdges, removedEdges } = differenceOf(before, after);
    const stay = new Set(this.#graph.nodes().filter((path) => after.modules.has(path)));
    const known = (path: string): Point | undefined =>
      stay.has(path) ? this.#graph.getNodeAttributes(path) : undefined;
    await inSlices(removedEdges, (key) => this.#graph.dropEdge(key));
    await inSlices(removed, (path) => this.#graph.dropNode(path));
    await inSlices(placesBeside(after, this.#groups, added, known), ([path, place]) => this.#add(path, place));
    await inSlices(addedEdges, (key) => {
      const edge = after.edges.get(key);
      if (edge !== undefined) this.#addEdge(edge);
    });
    for (const [key, edge] of after.edges) Object.assign(this.#graph.getEdgeAttributes(key), edge);
    this.#dress(after);
    this.#refresh();
    this.#layOut([...this.#loose, ...added]);
  }

  #add(path: string, { x, y, home }: Place): void {
    const label = namesOf(path).name;
    this.#graph.addNode(path, { x, y, home, size: 1, path, label, group: '', onCycle: false });
  }

  #addEdge(edge: Edge): void {
    this.#graph.addDirectedEdgeWithKey(edge.key, edge.source, edge.target, { ...edge });
  }

  /** Gives every module the size, the group and the state it has now. */
  #dress({ modules }: GraphView): void {
    const radius = radiusOf(modules.values(), this.#kind);
    for (const [group, members] of this.#groups) {
      for (const path of members) {
        const module = modules.get(path);
        if (module === undefined || !this.#graph.hasNode(path)) continue;
        const disc = this.#graph.getNodeAttributes(path);
        disc.size = radius(sizeOf(module, this.#kind));
        disc.onCycle = module.onCycle;
        disc.group = group;
      }
    }
  }

  /** Finds better places for some, the others stay where they are. */
  #layOut(some: Iterable<string>): void {
    this.#loose = new Set([...some].filter((path) => this.#graph.hasNode(path)));
    if (this.#loose.size === 0) return;
    const whole = this.#loose.size === this.#graph.order;
    const paths = this.#graph.nodes();
    const index = new Map(paths.map((path, at) => [path, at]));
    const discs = paths.map((path) => this.#graph.getNodeAttributes(path));
    const links: number[] = [];
    this.#graph.forEachDirectedEdge((_key, _edge, source, target) =>
      links.push(index.get(source) ?? 0, index.get(target) ?? 0),
    );
    const task: LayoutTask = {
      places: Float32Array.from(discs.flatMap(({ x, y }) => [x, y])),
      radii: Float32Array.from(discs, ({ size }) => size),
      homes: Float32Array.from(discs.flatMap(({ home }) => [home.x, home.y])),
      links: Uint32Array.from(links),
      pinned: Uint8Array.from(paths, (path) => (this.#loose.has(path) ? 0 : 1)),
    };
    this.#host.dataset['layout'] = 'running';
    const end = startLayout(task, ({ places, finished }) => {
      discs.forEach((disc, at) => {
        if (!this.#loose.has(disc.path)) return;
        disc.x = places[2 * at] ?? disc.x;
        disc.y = places[2 * at + 1] ?? disc.y;
      });
      this.#refresh();
      if (!finished) return;
      this.#endLayout = undefined;
      this.#loose = new Set();
      if (whole) this.#sigma?.setCustomBBox(this.#extent());
      this.#host.dataset['layout'] = 'finished';
    });
    this.#endLayout = () => {
      end();
      this.#endLayout = undefined;
    };
  }

  #open(): Sigma<Disc, Edge> {
    const sigma = new Sigma<Disc, Edge>(this.#graph, this.#host, {
      // Radii are in the units of the places, so that discs lie apart at any zoom.
      itemSizesReference: 'positions',
      zoomToSizeRatioFunction: (ratio) => ratio,
      minEdgeThickness: 1.4,
      edgeProgramClasses: { hair: EdgeLineProgram, line: EdgeRectangleProgram, arrow: EdgeArrowProgram },
      antiAliasingFeather: 1,
      stagePadding: 48,
      minCameraRatio: 0.004,
      maxCameraRatio: 3,
      zIndex: true,
      labelRenderedSizeThreshold: 7,
      labelGridCellSize: 90,
      labelDensity: 0.9,
      defaultDrawNodeLabel: (context, data) => drawLabel(context, data, this.#state.palette),
      defaultDrawNodeHover: (context, data) => drawHover(context, data, this.#state.palette),
      nodeReducer: (path, disc) => discLook(this.#state, path, disc),
      edgeReducer: (key, edge) => edgeLook(this.#state, key, edge),
    });
    sigma.on('clickNode', ({ node }) => this.#select(node));
    sigma.on('clickStage', () => this.#select(undefined));
    sigma.on('enterNode', () => (this.#host.dataset['over'] = 'module'));
    sigma.on('leaveNode', () => delete this.#host.dataset['over']);
    new ResizeObserver(() => this.#refresh()).observe(this.#host);
    return sigma;
  }
}

function newGraph(): Model {
  return new Graph({ type: 'directed', multi: false, allowSelfLoops: true });
}

/** No movement for those who have asked for none. */
function motion(duration: number): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 1 : duration;
}
