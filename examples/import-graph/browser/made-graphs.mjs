// Graphs for the page to draw, without a tree to read them from.

/** @typedef {import('../src/page/model/view.js').GraphPayload} GraphPayload */

/**
 * From what imports what, and how large each is.
 * @param {Record<string, string[]>} imports
 * @param {{ version?: number, cycles?: string[][], entries?: string[], sizes?: Record<string, number> }} more
 * @returns {GraphPayload}
 */
export function graphOf(imports, { version = 1, cycles = [], entries, sizes = {} } = {}) {
  const paths = Object.keys(imports).sort();
  const imported = new Set(Object.values(imports).flat());
  return {
    version,
    root: 'made',
    modules: paths.map((path) => ({
      path,
      size: sizes[path] ?? 1000,
      totalSize: 5000,
      depth: 1,
      hash: path.length.toString(16).padStart(64, 'ab'),
      imports: (imports[path] ?? []).map((target) => ({ path: target, kind: 'static', specifier: `./${target}` })),
    })),
    cycles,
    unresolved: [],
    errors: [],
    entries: entries ?? paths.filter((path) => !imported.has(path)),
  };
}

/**
 * As large as asked for, with folders, a few heavy modules, and cycles; the same each time.
 * @param {number} count @param {number} perModule
 * @returns {GraphPayload}
 */
export function largeGraph(count, perModule) {
  let state = 12345;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const paths = Array.from({ length: count }, (_, at) => {
    const area = Math.floor((at * 12) / count);
    return `packages/area-${area}/src/part-${Math.floor(random() * 14)}/module-${String(at).padStart(5, '0')}.ts`;
  });
  /** @type {Record<string, string[]>} */
  const imports = {};
  /** @type {Record<string, number>} */
  const sizes = {};
  paths.forEach((path, at) => {
    /** @type {Set<string>} */
    const targets = new Set();
    for (let each = 0; each < 2 * perModule * random() && at > 0; each++) {
      // Mostly something near, written before; sometimes from elsewhere, and then mostly one of a few.
      const back = random() < 0.85 ? Math.ceil(random() * Math.min(at, 60)) : at - Math.floor((random() ** 4 * at) / 2);
      targets.add(paths[Math.max(0, at - back)] ?? '');
    }
    targets.delete(path);
    imports[path] = [...targets].filter(Boolean).sort();
    sizes[path] = Math.round(400 * Math.exp(3.4 * random() ** 1.6));
  });
  /** @type {string[][]} */
  const cycles = [];
  for (let at = 40; at < count; at += Math.max(200, Math.floor(count / 12))) {
    const [first = '', second = '', third = ''] = [paths[at - 3], paths[at - 2], paths[at - 1]].sort();
    for (const [from, to] of [
      [first, second],
      [second, third],
      [third, first],
    ]) {
      imports[from ?? ''] = [...new Set([...(imports[from ?? ''] ?? []), to ?? ''])].sort();
    }
    cycles.push([first, second, third]);
  }
  return graphOf(imports, { cycles, sizes });
}
