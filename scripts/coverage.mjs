// Runs the tests with coverage, and asserts each package's share of lines and branches. `pnpm coverage [arguments of jest]`
// With `--of FILE` no test is run: FILE is the JSON of a run with coverage that has just been made.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { transformSync } from 'esbuild';
import { finish, packages, readJson, root } from './workspace.mjs';

/** What a package may not fall below, in per cent. It only goes up; the goal is 100 of each, everywhere. @type {Record<string, { lines: number, branches: number }>} */
const floors = {
  abort: { lines: 100, branches: 100 },
  run: { lines: 100, branches: 100 },
  proc: { lines: 100, branches: 99 },
  process: { lines: 100, branches: 100 },
  async: { lines: 100, branches: 100 },
  workgraph: { lines: 100, branches: 99 },
};

const args = process.argv.slice(2);
const given = args[0] === '--of' ? args[1] : undefined;
const result = join(root, given ?? 'coverage/jest.json');
const summary = join(root, 'coverage/coverage-summary.json');
if (given === undefined) {
  rmSync(join(root, 'coverage'), { recursive: true, force: true });
  const [, ...jest] = String(readJson(join(root, 'package.json')).scripts.jest).split(' ');
  spawnSync(process.execPath, [...jest, '--coverage', '--silent', '--json', `--outputFile=${result}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** @type {string[]} */
const problems = [];
if (!existsSync(result) || !existsSync(summary)) {
  finish(
    [
      `There is no result of the tests with coverage: ${relative(root, result)} and ${relative(root, summary)} are missing.`,
    ],
    '',
  );
  process.exit();
}
/** @type {{ success: boolean, numPassedTests: number, numFailedTests: number, numTotalTests: number, numPendingTests: number, numFailedTestSuites: number }} */
const tests = readJson(result);
if (!tests.success)
  problems.push(`${tests.numFailedTests} of ${tests.numTotalTests} tests fail, in ${tests.numFailedTestSuites} files.`);

/** @type {Record<string, Record<'lines' | 'branches', { total: number, covered: number }>>} */
const files = readJson(summary);
for (const { short, dir } of packages()) {
  const floor = floors[short] ?? { lines: 100, branches: 100 };
  for (const kind of /** @type {const} */ (['lines', 'branches'])) {
    const own = Object.entries(files).filter(([path]) => path.startsWith(`${dir}/`) && isCode(path));
    const total = own.reduce((sum, [, file]) => sum + file[kind].total, 0);
    const covered = own.reduce((sum, [, file]) => sum + file[kind].covered, 0);
    const share = total === 0 ? 100 : (100 * covered) / total;
    if (share >= floor[kind]) continue;
    const gaps = own
      .filter(([, file]) => file[kind].covered < file[kind].total)
      .map(([path, file]) => `${relative(dir, path)} (${file[kind].total - file[kind].covered})`);
    problems.push(
      `${short}: ${share.toFixed(2)}% of ${kind} covered, the floor is ${floor[kind]}%. Not covered: ${gaps.join(', ')}`,
    );
  }
}
const pending = tests.numPendingTests === 0 ? '' : ` ${tests.numPendingTests} do not apply to this machine.`;
finish(problems, `${tests.numPassedTests} tests pass.${pending}`);

/** A file of types alone is nothing that could run. @param {string} path */
function isCode(path) {
  return transformSync(readFileSync(path, 'utf8'), { loader: 'ts', tsconfigRaw: {} }).code.trim() !== '';
}
