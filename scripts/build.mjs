// Builds every package with the one rollup configuration, two at a time. `pnpm build [name...]`
import { join } from 'node:path';
import { bin, finish, inParallel, packages, root, run } from './workspace.mjs';

const wanted = process.argv.slice(2);
const chosen = packages().filter(
  ({ short, name }) => wanted.length === 0 || wanted.includes(short) || wanted.includes(name),
);

const results = await inParallel(chosen, async ({ name, dir }) => {
  const { code, output } = await run(bin('rollup'), ['-c', join(root, 'rollup.config.mjs'), '--silent'], { cwd: dir });
  return code === 0 ? [] : [`${name} does not build:\n${output}`];
});
finish(results.flat(), `Built ${chosen.map(({ short }) => short).join(', ')}.`);
