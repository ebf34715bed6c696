// Runs one of the others over a tree, and writes what it found: `node peer.mjs TOOL FOLDER`. It is used as a library, with as little to load as it allows,
// and asked for what ours always does: the graph and its cycles. Only the folder that it is installed in has it.
import { relative, resolve, sep } from 'node:path';

/** @typedef {{ modules: string[], edges: [string, string][], cycles: string[][] }} Found */

const [, , tool = '', folder = ''] = process.argv;
const root = resolve(folder);
const extensions = ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx'];
/** @param {string} name @returns {Promise<any>} */
const load = (name) => import(name);
/** @param {string} file */
const inside = (file) => relative(root, resolve(root, file)).replaceAll(sep, '/');

/** @type {Record<string, () => Promise<Found>>} */
const tools = {
  async madge() {
    const { default: madge } = await load('madge');
    const result = await madge(root, { fileExtensions: extensions });
    return found(Object.entries(result.obj()), result.circular());
  },
  async dpdm() {
    const { parseDependencyTree, parseCircular } = await load('dpdm');
    /** @type {Record<string, { id: string }[] | null>} */
    const tree = await parseDependencyTree(`**/*.{${extensions.join()}}`, { context: root, cwd: root });
    /** @type {[string, string[]][]} */
    const modules = [];
    for (const [file, links] of Object.entries(tree)) {
      if (links === null) continue;
      modules.push([file, links.map(({ id }) => id).filter((id) => id !== null && tree[id])]);
    }
    return found(modules, parseCircular(tree));
  },
  async skott() {
    const { default: skott } = await load('skott');
    // It refuses to be asked for the two others.
    const fileExtensions = ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.tsx'];
    const options = {
      cwd: root,
      fileExtensions,
      dependencyTracking: { thirdParty: false, builtin: false, typeOnly: true },
    };
    const { getStructure, useGraph } = await skott(options);
    const { graph } = getStructure();
    return found(
      Object.values(graph).map(({ id, adjacentTo }) => [id, adjacentTo]),
      useGraph().findCircularDependencies(),
    );
  },
};

/** @param {[string, string[]][]} modules @param {string[][]} cycles @returns {Found} */
function found(modules, cycles) {
  return {
    modules: modules.map(([file]) => inside(file)),
    edges: modules.flatMap(([from, links]) =>
      links.map((to) => /** @type {[string, string]} */ ([inside(from), inside(to)])),
    ),
    cycles: cycles.map((cycle) => cycle.map(inside)),
  };
}

const run = tools[tool];
if (run === undefined) throw new Error(`There is no ${tool}.`);
process.chdir(root);
process.stdout.write(JSON.stringify(await run()));
