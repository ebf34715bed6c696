// Type-checks everything: sources, tests, examples and benchmarks (tsconfig.json), scripts (scripts/tsconfig.json), and once more what has to
// run in a browser, without the types of Node (scripts/tsconfig.web.json); the page of import-graph, and what opens it in a browser. Then asserts from the imports of the sources that only the
// entries named here need Node, and that no package reaches into another.
import { build } from 'esbuild';
import { join } from 'node:path';
import { bin, finish, inParallel, needNode, packages, root, run } from './workspace.mjs';

const compiled = await inParallel(
  [
    'tsconfig.json',
    'scripts/tsconfig.json',
    'scripts/tsconfig.web.json',
    'examples/import-graph/src/page/tsconfig.json',
    'examples/import-graph/browser/tsconfig.json',
  ],
  async (config) => {
    const { code, output } = await run(bin('tsc'), ['-p', config, '--noEmit', '--pretty', 'false']);
    return code === 0 ? [] : [`${config}:\n${output.trim()}`];
  },
);

const imports = await inParallel(
  packages().flatMap((pkg) => pkg.entries.map((entry) => ({ pkg, entry }))),
  async ({ pkg, entry }) => {
    const name = pkg.name + entry.subpath.slice(1);
    const allowed = ['@x/abort', ...Object.keys(pkg.manifest.peerDependencies ?? {})];
    const { metafile } = await build({
      entryPoints: [join(pkg.dir, `src/${entry.file}.ts`)],
      tsconfigRaw: {},
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      packages: 'external',
      outdir: root,
      logLevel: 'silent',
    });
    return Object.values(metafile.outputs)
      .flatMap((output) => output.imports.map(({ path }) => path))
      .flatMap((path) => {
        if (path.startsWith('node:'))
          return needNode.includes(name) ? [] : [`${name} imports ${path}: it has to run without Node.`];
        if (path === '@x/abort/node')
          return needNode.includes(name) ? [] : [`${name} imports ${path}, which needs Node.`];
        return allowed.some((other) => path === other || path.startsWith(`${other}/`))
          ? []
          : [`${name} imports ${path}.`];
      });
  },
);

finish([...compiled.flat(), ...imports.flat()], 'Types hold, and only the Node entries need Node.');
