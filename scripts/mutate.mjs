// Mutation tests: changes the sources of a package in small ways, one at a time, and sees whether its tests notice.
// `pnpm mutate [package...] [--concurrency N] [--fresh]`
//   --fresh   tests every mutant; else those whose code and tests have not changed keep their last result
// What came of it goes to docs/mutation.json; scripts/proof.mjs holds docs/mutation.md against that.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { packages, readJson, root } from './workspace.mjs';

const { values, positionals } = parseArgs({
  options: { concurrency: { type: 'string' }, fresh: { type: 'boolean' } },
  allowPositionals: true,
});
const known = packages().map(({ short }) => short);
for (const name of positionals) {
  if (known.includes(name)) continue;
  console.error(`There is no package ${name}. The packages: ${known.join(', ')}.`);
  process.exit(2);
}

process.chdir(root);

for (const name of positionals.length > 0 ? positionals : known) {
  const incrementalFile = join(root, `.stryker-tmp/${name}.json`);
  if (values.fresh) rmSync(incrementalFile, { force: true });
  mkdirSync(join(root, '.stryker-tmp'), { recursive: true });
  const tests = join(root, `.stryker-tmp/${name}-tests.jsonl`);
  rmSync(tests, { force: true });
  process.env['MUTATION_TESTS'] = tests;
  const stryker = new Stryker({
    testRunner: 'jest',
    plugins: ['@stryker-mutator/jest-runner'],
    testRunnerNodeArgs: ['--experimental-vm-modules', '--expose-gc', '--disable-warning=ExperimentalWarning'],
    coverageAnalysis: 'perTest',
    mutate: [`packages/${name}/src/**/*.ts`, '!**/*.test.ts', '!**/*.test-d.ts', '!**/test-support/**'],
    jest: {
      projectType: 'custom',
      configFile: 'jest.config.ts',
      config: {
        testMatch: [`<rootDir>/packages/${name}/src/**/*.test.ts`, `<rootDir>/test/bad-input/${name}.test.ts`],
        testEnvironment: join(root, 'scripts/mutate-environment.cjs'),
        // Stryker takes a runner of this name alone.
        testRunner: join(root, 'scripts/mutate-jest-circus.cjs'),
        // What hangs by a mutant fails soon.
        testTimeout: 5_000,
        testSequencer: join(root, 'scripts/mutate-sequencer.mjs'),
      },
      enableFindRelatedTests: false,
    },
    ignorePatterns: ['bench', 'examples', 'docs', '.packs', '.sizes', '.snippets', '.ci', '**/dist', 'coverage'],
    tempDirName: '.stryker-tmp',
    incremental: true,
    incrementalFile,
    reporters: ['clear-text', 'progress-append-only', 'json'],
    clearTextReporter: {
      allowColor: false,
      logTests: false,
      reportTests: false,
      reportMutants: false,
      reportScoreTable: true,
    },
    jsonReporter: { fileName: `.stryker-tmp/report-${name}.json` },
    concurrency: Number(values.concurrency ?? Math.max(1, availableParallelism() - 1)),
    // Each run of the tests leaves its modules behind.
    maxTestRunnerReuse: 20,
    timeoutMS: 8_000,
    timeoutFactor: 1.5,
    allowConsoleColors: false,
    fileLogLevel: /** @type {any} */ ('off'),
    logLevel: /** @type {any} */ ('info'),
    thresholds: { high: 95, low: 90, break: null },
    allowEmpty: false,
    cleanTempDir: 'always',
  });
  const results = await stryker.runMutationTest();
  const count = (/** @type {string[]} */ ...status) =>
    results.filter((result) => status.includes(result.status)).length;
  const killed = count('Killed', 'Timeout');
  const survived = count('Survived', 'NoCoverage');
  const file = join(root, 'docs/mutation.json');
  const all = readJson(file);
  all[name] = {
    mutants: killed + survived,
    noticed: killed,
    score: Math.floor((1000 * killed) / (killed + survived)) / 10,
  };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  console.log(`${name}: ${all[name].score} % of ${killed + survived} mutants are noticed.`);
}
