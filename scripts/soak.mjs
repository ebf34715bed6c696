// Everything at once under random load with injected faults, on the built packages. `pnpm soak [--minutes N] [--seed S] [--round R]`
//   --minutes N   how long, default 10
//   --seed S      the choices of an earlier run again; it prints its seed
//   --round R     one round of it alone
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packages, root } from './workspace.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, round: { type: 'string' } },
});
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('--minutes must be a number above 0, --seed a whole number');
  process.exit(2);
}
for (const { dir, short } of packages()) {
  if (existsSync(join(dir, 'dist/index.js'))) continue;
  console.error(`${short} is not built: pnpm build`);
  process.exit(2);
}

// One file, of the program and the builds of the packages: so it is what users install that runs.
const { outputFiles } = await build({
  entryPoints: [join(root, 'test/soak/soak.ts')],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  tsconfigRaw: {},
  plugins: [
    {
      name: 'built packages',
      setup: (plugin) =>
        plugin.onResolve({ filter: /^@x\// }, ({ path }) => {
          const [, short = '', entry = 'index'] = path.split('/');
          return { path: join(root, 'packages', short, 'dist', `${entry}.js`) };
        }),
    },
  ],
});
const child = spawn(
  process.execPath,
  ['--expose-gc', '--enable-source-maps', '--input-type=module', '--max-old-space-size=512', '-'],
  {
    cwd: root,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, SOAK: [minutes, seed, values.round ?? -1].join(',') },
  },
);
child.stdin.end(outputFiles[0]?.text);
child.on('close', (code) => (process.exitCode = code ?? 1));
