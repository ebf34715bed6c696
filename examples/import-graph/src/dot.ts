import type { GraphResult, ImportKind } from './model.js';
import { Tangles } from './tangles.js';

const styles: Readonly<Record<ImportKind, string>> = {
  static: '',
  export: '',
  require: '',
  type: 'style=dashed',
  dynamic: 'style=dotted',
};

/** Draws the graph in the language of Graphviz, a module at a time. Imports on a cycle are red, types dashed, what is loaded later dotted. */
export function* toDot({ modules }: Pick<GraphResult, 'modules'>): Generator<string> {
  const tangles = new Tangles(modules);
  yield 'digraph imports {\n  rankdir=LR;\n  node [shape=box, fontname="sans-serif"];\n';
  for (const { path, size } of modules) yield `  ${quoted(path)} [tooltip=${quoted(`${path}, ${size} bytes`)}];\n`;
  for (const { path, imports } of modules) {
    const edges = imports.map((target) => {
      const color = tangles.hold(path, target.path) ? 'color=red' : '';
      const attributes = [color, styles[target.kind]].filter(Boolean).join(', ');
      return `  ${quoted(path)} -> ${quoted(target.path)}${attributes && ` [${attributes}]`};\n`;
    });
    yield [...new Set(edges)].join('');
  }
  yield '}\n';
}

/** A string of the language: a quote ends it, a backslash would begin an escape of its own. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
