import type { EdgeDisplayData, NodeDisplayData } from 'sigma/types';
import type { Emphasis } from './model/emphasis.js';
import type { Edge } from './model/view.js';
import type { Palette } from './palette.js';

/** A module as it is kept for drawing. */
export interface Disc {
  x: number;
  y: number;
  size: number;
  home: { readonly x: number; readonly y: number };
  readonly path: string;
  readonly label: string;
  group: string;
  onCycle: boolean;
}

/** What decides on how things look. */
export interface State {
  readonly palette: Palette;
  readonly hues: ReadonlyMap<string, number>;
  readonly emphasis: Emphasis | undefined;
  readonly flashing: ReadonlySet<string>;
  /** There are so many lines that they have to be hairs, and gone while something stands out. */
  readonly crowded: boolean;
}

/** How many names are written at once around what is selected. */
const manyNames = 40;

/** What is drawn of a module; `role` is for its label. */
export type DiscLook = Partial<NodeDisplayData> & { role?: string | undefined };

export function groupColour({ hues, palette }: State, group: string): string {
  const hue = hues.get(group);
  return (hue === undefined ? undefined : palette.groups[hue]) ?? palette.other;
}

/** How a module looks. Asked for each of thousands, many times: what it is given is a copy, and is filled in. */
export function discLook(state: State, path: string, disc: Disc & DiscLook): DiscLook {
  const { palette, emphasis, flashing } = state;
  const role = flashing.has(path) ? 'flash' : emphasis?.modules.get(path);
  if (role !== undefined) {
    disc.color =
      role === 'flash' ? palette.flash : disc.onCycle && role === 'match' ? palette.cycle : palette.roles[role];
    disc.zIndex = role === 'selected' || role === 'flash' ? 3 : 2;
    disc.forceLabel = role !== 'match' || (emphasis?.modules.size ?? 0) <= manyNames;
    if (role === 'import' || role === 'importer') disc.forceLabel = (emphasis?.modules.size ?? 0) <= manyNames;
    disc.highlighted = role === 'selected';
    disc.role = role;
    // Its whole path is on the plate that is drawn beside it.
    if (role === 'selected') (disc as DiscLook).label = null;
    return disc;
  }
  if (emphasis === undefined) {
    disc.color = disc.onCycle ? palette.cycle : groupColour(state, disc.group);
    disc.zIndex = disc.onCycle ? 1 : 0;
    return disc;
  }
  const faint: DiscLook = disc;
  faint.color = palette.faintNode;
  faint.label = null;
  faint.zIndex = 0;
  return faint;
}

export function edgeLook({ palette, emphasis, crowded }: State, key: string, edge: Edge): Partial<EdgeDisplayData> {
  const role = emphasis?.edges.get(key);
  if (role !== undefined) {
    const color = edge.onCycle ? palette.cycle : palette.roles[role];
    return { type: 'arrow', color, size: role === 'way' || role === 'cycle' ? 1.6 : 1.1, zIndex: 2 };
  }
  const type = crowded ? 'hair' : 'line';
  if (emphasis !== undefined) return { type, color: palette.faintEdge, size: 0.2, hidden: crowded };
  if (edge.onCycle) return { type: 'line', color: palette.cycle, size: 0.7, zIndex: 1 };
  return { type, color: edge.typesOnly || crowded ? palette.quietEdge : palette.edge, size: 0.2 };
}
