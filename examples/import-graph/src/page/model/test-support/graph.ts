import { viewOf, type GraphPayload, type GraphView } from '../view.js';

/** A view of a graph made from what imports what. Each module weighs 100 unless said otherwise. */
export function graph(
  imports: Readonly<Record<string, readonly string[]>>,
  more: Partial<GraphPayload> & { readonly sizes?: Readonly<Record<string, number>> } = {},
): GraphView {
  const { sizes = {}, ...rest } = more;
  const imported = new Set(Object.values(imports).flat());
  return viewOf({
    version: 1,
    root: 'made',
    modules: Object.entries(imports).map(([path, targets]) => ({
      path,
      size: sizes[path] ?? 100,
      totalSize: 1000,
      depth: 0,
      hash: 'ab',
      imports: targets.map((target) => ({ path: target, kind: 'static', specifier: `./${target}` })),
    })),
    cycles: [],
    unresolved: [],
    errors: [],
    entries: Object.keys(imports).filter((path) => !imported.has(path)),
    ...rest,
  });
}
