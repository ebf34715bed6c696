// Rehearses a release: on a copy of the tree changesets version the packages, they are packed, and the tarballs are used by projects of every kind.
// Needs `pnpm build` first. `pnpm rehearse [--full] [--keep] [consumer...]`
//   --full   every combination of compiler options, not only every pair of compiler and module resolution
//   --keep   leaves the folder with the copy and the projects, and says where it is
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { consumers } from './consumers.mjs';
import { copyTree, makeRelease } from './rehearse-release.mjs';
import { finish, inParallel } from './workspace.mjs';

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'rehearsal-'));
/** @type {string[]} */
const problems = [];
let tried = '';
try {
  const tree = copyTree(join(folder, 'tree'));
  const release = await makeRelease(tree, join(folder, 'release'));
  problems.push(...release.problems);
  // The release after it: a visible change in what the others stand on.
  const next = await makeRelease(tree, join(folder, 'next'), { '@x/abort': 'minor' });
  problems.push(...next.problems);
  if (problems.length === 0) {
    const all = await consumers(join(folder, 'consumers'), release.packed, next.packed, values.full);
    const chosen = all.filter(
      ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
    );
    const found = await inParallel(chosen, async ({ name, use }) => {
      const begin = performance.now();
      const lines = await use();
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      console.log(`${lines.length === 0 ? 'ok  ' : 'FAIL'}  ${seconds.padStart(5)} s  ${name}`);
      return lines.map((line) => `${name}: ${line}`);
    });
    problems.push(...found.flat());
    tried = `${release.packed.map(({ name, version }) => `${name} ${version}`).join(', ')}: ${chosen.length} consumers are content.`;
  }
} finally {
  if (values.keep) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}
finish(problems, tried);
