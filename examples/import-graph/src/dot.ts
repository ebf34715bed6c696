import type { GraphResult, ImportKind } from './model.js';

const styles: Readonly<Record<ImportKind, string>> = {
  static: '',
  export: '',
  require: '',
  type: 'style=dashed',
  dynamic: 'style=dotted',
};

/** Draws the graph in the language of Graphviz. Imports on a listed cycle are red, types dashed, what is loaded later dotted. */
export function toDot({ modules, cycles }: GraphResult): string {
  const red = new Set(
    cycles.flatMap((cycle) => cycle.map((from, at) => `${from}\0${cycle[(at + 1) % cycle.length] ?? ''}`)),
  );
  const nodes = modules.map(({ path, size }) => `  ${quoted(path)} [tooltip=${quoted(`${path}, ${size} bytes`)}];`);
  const edges = modules.flatMap(({ path, imports }) =>
    imports.map((target) => {
      const color = red.has(`${path}\0${target.path}`) ? 'color=red' : '';
      const attributes = [color, styles[target.kind]].filter(Boolean).join(', ');
      return `  ${quoted(path)} -> ${quoted(target.path)}${attributes && ` [${attributes}]`};`;
    }),
  );
  const lines = ['digraph imports {', '  rankdir=LR;', '  node [shape=box, fontname="sans-serif"];', ...nodes];
  return `${[...lines, ...new Set(edges), '}'].join('\n')}\n`;
}

/** A string of the language: a quote ends it, a backslash would begin an escape of its own. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
