import type { Role } from './model/emphasis.js';

/** How many groups of folders have a colour of their own. */
export const hues = 8;

/** The colours of the drawing, as the style sheet has them now. */
export interface Palette {
  readonly groups: readonly string[];
  readonly other: string;
  readonly cycle: string;
  readonly edge: string;
  /** For types alone, and where there are very many. */
  readonly quietEdge: string;
  readonly faintNode: string;
  readonly faintEdge: string;
  readonly flash: string;
  readonly text: string;
  readonly dim: string;
  readonly back: string;
  readonly line: string;
  readonly panel: string;
  readonly roles: Readonly<Record<Role, string>>;
}

/** Reads the palette from the style sheet: there is one place for colours. */
export function paletteOf(host: HTMLElement): Palette {
  // A custom property is text; only as the colour of something is it worked out for light or dark.
  const probe = document.createElement('i');
  probe.hidden = true;
  host.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    groups: Array.from({ length: hues }, (_, at) => read(`hue-${at + 1}`)),
    other: read('hue-other'),
    cycle: read('cycle'),
    edge: read('edge'),
    quietEdge: read('edge-quiet'),
    faintNode: read('node-faint'),
    faintEdge: read('edge-faint'),
    flash: read('flash'),
    text: read('text'),
    dim: read('text-dim'),
    back: read('stage'),
    line: read('line'),
    panel: read('panel'),
    roles: {
      selected: read('accent'),
      import: read('import'),
      importer: read('importer'),
      way: read('way'),
      cycle: read('cycle'),
      match: read('accent'),
    },
  };
  probe.remove();
  return palette;
}
