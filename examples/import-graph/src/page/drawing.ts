import Graph from 'graphology';
import Sigma from 'sigma';
import type { EdgeDisplayData, NodeDisplayData } from 'sigma/types';
import type { LayoutTask } from './force.js';
import { drawHover, drawLabel } from './labels.js';
import { startLayout } from './layout.js';
import { radiusOf, sizeOf, type SizeKind } from './model/area.js';
import { differenceOf } from './model/difference.js';
import type { Emphasis } from './model/emphasis.js';
import { groupsOf, huesOf } from './model/folders.js';
import { namesOf } from './model/names.js';
import { seedsOf, type Point } from './model/seed.js';
import type { Edge, GraphView } from './model/view.js';
import { hues, paletteOf, type Palette } from './palette.js';
import { inSlices } from './slices.js';

/** A module as it is kept for drawing. */
interface Disc {
  x: number;
  y: number;
  size: number;
  readonly path: string;
  readonly label: string;
  group: string;
  onCycle: boolean;
}

/** What a group of folders looks like. */
export interface GroupLook {
  readonly folder: string;
  readonly modules: number;
  readonly colour: string;
}

/** How many lines the graph may have for the others to be shown, faint, while something stands out. */
const manyEdges = 4000;
/** How many names are written at once around what is selected. */
const manyNames = 40;
const flashTime = 1600;

/**
 * The drawing of a graph.
 *
 * 1. A module that stays keeps its place: what is new is put beside its neighbours, and is all that a later layout moves.
 * 2. The frame is fixed when the first layout ends, so that a later one does not shift what is there; `fit` takes a new one.
 * 3. What the graph library is told, it is told in slices; what only changes how things look is one refresh.
 */
export class Drawing {
  readonly #host: HTMLElement;
  readonly #graph = new Graph<Disc, Edge>({ type: 'directed', multi: false, allowSelfLoops: true });
  readonly #select: (path: string | undefined) => void;
  #palette: Palette;
  #sigma: Sigma<Disc, Edge> | undefined;
  #view: GraphView | undefined;
  #kind: SizeKind = 'own';
  #hues: ReadonlyMap<string, number> = new Map();
  #groups: ReadonlyMap<string, readonly string[]> = new Map();
  #homes: ReadonlyMap<string, Point> = new Map();
  #emphasis: Emphasis | undefined;
  #flashing: ReadonlySet<string> = new Set();
  #flashEnd: ReturnType<typeof setTimeout> | undefined;
  #endLayout: (() => void) | undefined;

  constructor(host: HTMLElement, select: (path: string | undefined) => void) {
    this.#host = host;
    this.#select = select;
    this.#palette = paletteOf(host);
    new ResizeObserver(() => this.#sigma?.refresh({ skipIndexation: true })).observe(host);
  }

  /** The groups that have a colour, largest first. */
  get groups(): GroupLook[] {
    return [...this.#groups].flatMap(([folder, { length }]) =>
      this.#hues.has(folder) ? [{ folder, modules: length, colour: this.#colourOf(folder) }] : [],
    );
  }

  /** Draws a graph, or makes the drawing one of it. */
  async show(view: GraphView, kind: SizeKind): Promise<void> {
    const before = this.#view;
    this.#view = view;
    this.#kind = kind;
    this.#groups = groupsOf(view.modules.keys(), 3 * hues);
    this.#hues = huesOf(this.#groups.keys(), this.#hues, hues);
    if (before === undefined || this.#graph.order === 0) await this.#begin(view);
    else await this.#update(before, view);
    this.#host.setAttribute(
      'aria-label',
      `Import graph: ${view.totals.modules} modules, ${view.edges.size} lines between them`,
    );
  }

  /** Shows another size as area. Everything stays where it is. */
  resize(kind: SizeKind): void {
    this.#kind = kind;
    this.#dress();
    this.#sigma?.refresh();
  }

  emphasise(emphasis: Emphasis | undefined): void {
    this.#emphasis = emphasis;
    this.#host.dataset['emphasised'] = String(emphasis?.modules.size ?? 0);
    this.#sigma?.refresh();
  }

  /** Shows for a moment that something has happened to these. */
  flash(paths: Iterable<string>): void {
    this.#flashing = new Set([...paths].filter((path) => this.#graph.hasNode(path)));
    this.#host.dataset['flashed'] = String(this.#flashing.size);
    clearTimeout(this.#flashEnd);
    const refresh = (nodes: string[]): void => {
      this.#sigma?.refresh({
        partialGraph: { nodes: nodes.filter((path) => this.#graph.hasNode(path)) },
        skipIndexation: true,
      });
    };
    const nodes = [...this.#flashing];
    refresh(nodes);
    this.#flashEnd = setTimeout(() => {
      this.#flashing = new Set();
      refresh(nodes);
    }, flashTime);
  }

  /** Takes the colours from the style sheet again. */
  recolour(): void {
    this.#palette = paletteOf(this.#host);
    this.#sigma?.refresh();
  }

  zoom(factor: number): void {
    void this.#sigma?.getCamera().animatedZoom({ factor, duration: motion(160) });
  }

  pan(right: number, down: number): void {
    const camera = this.#sigma?.getCamera();
    if (camera === undefined) return;
    const { x, y, ratio } = camera.getState();
    camera.setState({ x: x + right * ratio, y: y - down * ratio });
  }

  /** Shows all of it. */
  fit(): void {
    if (this.#sigma === undefined) return;
    this.#sigma.setCustomBBox(null);
    this.#sigma.refresh();
    this.#sigma.setCustomBBox(this.#sigma.getBBox());
    void this.#sigma.getCamera().animate({ x: 0.5, y: 0.5, angle: 0, ratio: 1 }, { duration: motion(250) });
  }

  /** Brings modules to the middle of what is not covered on the right, near enough to be seen. */
  goTo(paths: Iterable<string>, covered: number): void {
    const sigma = this.#sigma;
    if (sigma === undefined) return;
    const places = [...paths].flatMap((path) => sigma.getNodeDisplayData(path) ?? []);
    if (places.length === 0) return;
    const [left, right] = [Math.min(...places.map(({ x }) => x)), Math.max(...places.map(({ x }) => x))];
    const [bottom, top] = [Math.min(...places.map(({ y }) => y)), Math.max(...places.map(({ y }) => y))];
    const camera = sigma.getCamera();
    const near = Math.min(camera.ratio, Math.max(0.12, Math.min(0.6, 12 / Math.sqrt(this.#graph.order))));
    const ratio =
      places.length === 1 ? near : Math.min(1.2, Math.max(near, 1.7 * Math.max(right - left, top - bottom)));
    const state = { x: (left + right) / 2, y: (bottom + top) / 2, angle: 0, ratio };
    const at = (x: number): Point => sigma.viewportToFramedGraph({ x, y: 0 }, { cameraState: state });
    const shift = at(covered / 2).x - at(0).x;
    void camera.animate({ ...state, x: state.x + shift }, { duration: motion(350) });
  }

  /** Where a module is on the screen, relative to the drawing. */
  whereIs(path: string): Point | undefined {
    if (!this.#graph.hasNode(path)) return undefined;
    return this.#sigma?.graphToViewport(this.#graph.getNodeAttributes(path));
  }

  async #begin(view: GraphView): Promise<void> {
    this.#endLayout?.();
    this.#sigma?.kill();
    this.#sigma = undefined;
    this.#graph.clear();
    if (view.modules.size === 0) return;
    const places = this.#seed(view);
    await inSlices(view.modules.keys(), (path) => this.#add(path, places.get(path) ?? { x: 0, y: 0 }));
    await inSlices(view.edges.values(), (edge) =>
      this.#graph.addDirectedEdgeWithKey(edge.key, edge.source, edge.target, edge),
    );
    this.#dress();
    this.#sigma = this.#open(this.#graph);
    this.#layOut(new Set());
  }

  async #update(before: GraphView, after: GraphView): Promise<void> {
    this.#endLayout?.();
    const { added, removed, addedEdges, removedEdges } = differenceOf(before, after);
    const stay = new Set(this.#graph.nodes());
    // A module takes its lines with it.
    await inSlices(removedEdges, (key) => this.#graph.hasEdge(key) && this.#graph.dropEdge(key));
    await inSlices(removed, (path) => this.#graph.dropNode(path));
    this.#homes = this.#placesBeside(added);
    await inSlices(this.#homes, ([path, place]) => this.#add(path, place));
    await inSlices(addedEdges, (key) => {
      const edge = after.edges.get(key);
      if (edge !== undefined) this.#graph.addDirectedEdgeWithKey(key, edge.source, edge.target, edge);
    });
    for (const [key, edge] of after.edges) Object.assign(this.#graph.getEdgeAttributes(key), edge);
    this.#dress();
    this.#sigma?.refresh();
    if (added.length > 0) this.#layOut(stay);
  }

  #add(path: string, { x, y }: Point): void {
    const { name } = namesOf(path);
    this.#graph.addNode(path, { x, y, size: 1, path, label: name, group: '', onCycle: false });
  }

  /** Gives every module the size, the group and the state it has now. Told by hand, not by events: one refresh follows. */
  #dress(): void {
    const view = this.#view;
    if (view === undefined) return;
    const radius = radiusOf(view.modules.values(), this.#kind);
    for (const [group, members] of this.#groups) {
      for (const path of members) {
        const module = view.modules.get(path);
        if (module === undefined || !this.#graph.hasNode(path)) continue;
        const { onCycle } = module;
        Object.assign(this.#graph.getNodeAttributes(path), {
          size: radius(sizeOf(module, this.#kind)),
          group,
          onCycle,
        });
      }
    }
  }

  #seed(view: GraphView): Map<string, Point> {
    const radius = radiusOf(view.modules.values(), 'own');
    const groups = [...this.#groups.values()];
    const seeds = seedsOf(
      groups.map((group) => ({ radii: group.map((path) => radius(view.modules.get(path)?.size ?? 0)) })),
    );
    const homes = new Map<string, Point>();
    const places = new Map<string, Point>();
    groups.forEach((group, at) => {
      group.forEach((path, each) => {
        homes.set(path, seeds[at]?.centre ?? { x: 0, y: 0 });
        places.set(path, seeds[at]?.places[each] ?? { x: 0, y: 0 });
      });
    });
    this.#homes = homes;
    return places;
  }

  /** For what is new: in the middle of those that it imports or that import it, else of its group, else of all. */
  #placesBeside(added: readonly string[]): Map<string, Point> {
    const discs = (paths: readonly string[]): Disc[] =>
      paths.filter((path) => this.#graph.hasNode(path)).map((path) => this.#graph.getNodeAttributes(path));
    const groupOf = new Map([...this.#groups].flatMap(([group, paths]) => paths.map((path) => [path, group] as const)));
    const centres = new Map<string, Point>();
    const centreOf = (group: string): Point => {
      const centre =
        centres.get(group) ?? middle(discs(this.#groups.get(group) ?? [])) ?? middle(discs(this.#graph.nodes()));
      centres.set(group, centre ?? { x: 0, y: 0 });
      return centre ?? { x: 0, y: 0 };
    };
    return new Map(
      added.map((path, at) => {
        const module = this.#view?.modules.get(path);
        const neighbours = [...(module?.imports ?? []), ...(module?.importers ?? [])].map((link) => link.path);
        const { x, y } = middle(discs(neighbours)) ?? centreOf(groupOf.get(path) ?? '');
        // Not on top of each other: then nothing would know which way to go.
        return [path, { x: x + 8 * Math.cos(at), y: y + 8 * Math.sin(at) }];
      }),
    );
  }

  #layOut(pinned: ReadonlySet<string>): void {
    const paths = this.#graph.nodes();
    const index = new Map(paths.map((path, at) => [path, at]));
    const discs = paths.map((path) => this.#graph.getNodeAttributes(path));
    const task: LayoutTask = {
      places: Float32Array.from(discs.flatMap(({ x, y }) => [x, y])),
      radii: Float32Array.from(discs, ({ size }) => size),
      homes: Float32Array.from(
        discs.flatMap(({ path, x, y }) => {
          const home = this.#homes.get(path) ?? { x, y };
          return [home.x, home.y];
        }),
      ),
      links: Uint32Array.from(
        this.#graph.mapEdges((_key, _edge, source, target) => [index.get(source) ?? 0, index.get(target) ?? 0]).flat(),
      ),
      pinned: Uint8Array.from(paths, (path) => (pinned.has(path) ? 1 : 0)),
    };
    const whole = pinned.size === 0;
    this.#host.dataset['layout'] = 'running';
    const end = startLayout(task, ({ places, finished }) => {
      discs.forEach((disc, at) => {
        disc.x = places[2 * at] ?? disc.x;
        disc.y = places[2 * at + 1] ?? disc.y;
      });
      this.#sigma?.refresh();
      if (!finished) return;
      this.#endLayout = undefined;
      if (whole) this.#sigma?.setCustomBBox(this.#sigma.getBBox());
      this.#host.dataset['layout'] = 'finished';
    });
    this.#endLayout = () => {
      end();
      this.#endLayout = undefined;
    };
  }

  #open(graph: Graph<Disc, Edge>): Sigma<Disc, Edge> {
    const sigma = new Sigma<Disc, Edge>(graph, this.#host, {
      // Radii are in the units of the places, so that discs lie apart at any zoom.
      itemSizesReference: 'positions',
      zoomToSizeRatioFunction: (ratio) => ratio,
      minEdgeThickness: 0.8,
      antiAliasingFeather: 1,
      stagePadding: 48,
      minCameraRatio: 0.004,
      maxCameraRatio: 3,
      zIndex: true,
      hideEdgesOnMove: graph.size > manyEdges,
      labelRenderedSizeThreshold: 7,
      labelGridCellSize: 90,
      labelDensity: 0.9,
      defaultDrawNodeLabel: (context, data) => drawLabel(context, data, this.#palette),
      defaultDrawNodeHover: (context, data) => drawHover(context, data, this.#palette),
      nodeReducer: (path, disc) => this.#nodeLook(path, disc),
      edgeReducer: (key, edge) => this.#edgeLook(key, edge),
    });
    sigma.on('clickNode', ({ node }) => this.#select(node));
    sigma.on('clickStage', () => this.#select(undefined));
    sigma.on('enterNode', () => (this.#host.dataset['over'] = 'module'));
    sigma.on('leaveNode', () => delete this.#host.dataset['over']);
    return sigma;
  }

  #colourOf(group: string): string {
    const hue = this.#hues.get(group);
    return (hue === undefined ? undefined : this.#palette.groups[hue]) ?? this.#palette.other;
  }

  #nodeLook(path: string, disc: Disc): Partial<NodeDisplayData> & { role?: string } {
    const palette = this.#palette;
    if (this.#flashing.has(path)) return { ...disc, color: palette.flash, zIndex: 3, forceLabel: true, role: 'flash' };
    const role = this.#emphasis?.modules.get(path);
    if (this.#emphasis === undefined || role === undefined) {
      const faint = this.#emphasis !== undefined;
      const color = faint ? palette.faintNode : disc.onCycle ? palette.cycle : this.#colourOf(disc.group);
      return { ...disc, color, label: faint ? null : disc.label, zIndex: disc.onCycle && !faint ? 1 : 0 };
    }
    const { size: count } = this.#emphasis.modules;
    return {
      ...disc,
      color: disc.onCycle && role === 'match' ? palette.cycle : palette.roles[role],
      zIndex: role === 'selected' ? 3 : 2,
      forceLabel: role === 'selected' || role === 'way' || count <= manyNames,
      highlighted: role === 'selected',
      role,
    };
  }

  #edgeLook(key: string, edge: Edge): Partial<EdgeDisplayData> {
    const palette = this.#palette;
    const role = this.#emphasis?.edges.get(key);
    if (role !== undefined) {
      const color = edge.onCycle ? palette.cycle : palette.roles[role];
      return { type: 'arrow', color, size: role === 'way' || role === 'cycle' ? 0.9 : 0.6, zIndex: 2 };
    }
    if (this.#emphasis !== undefined)
      return { color: palette.faintEdge, size: 0.2, hidden: this.#graph.size > manyEdges };
    if (edge.onCycle) return { color: palette.cycle, size: 0.5, zIndex: 1 };
    return { color: edge.typesOnly ? palette.typeEdge : palette.edge, size: 0.2 };
  }
}

function middle(discs: readonly Disc[]): Point | undefined {
  if (discs.length === 0) return undefined;
  const mean = (of: (disc: Disc) => number): number => discs.reduce((sum, disc) => sum + of(disc), 0) / discs.length;
  return { x: mean(({ x }) => x), y: mean(({ y }) => y) };
}

/** No movement for those who have asked for none. */
function motion(duration: number): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 1 : duration;
}
