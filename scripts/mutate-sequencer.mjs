// Which files of tests are run for a mutant, and in which order: those alone that have a test that reaches it, the quickest first.
import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{ file: string, name: string, ms: number }} Seen A test that the first run, that of no mutant, has seen. */

export default class MutationSequencer {
  /** @param {{ globalConfig: { testNamePattern?: string } }} options */
  constructor({ globalConfig }) {
    this.pattern = globalConfig.testNamePattern;
  }

  /** @param {{ path: string }[]} tests */
  sort(tests) {
    const file = process.env['MUTATION_TESTS'] ?? '';
    if (process.env['__STRYKER_ACTIVE_MUTANT__'] === undefined || !this.pattern || !existsSync(file)) return tests;
    const pattern = new RegExp(this.pattern);
    /** @type {Map<string, number>} */
    const costs = new Map();
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      /** @type {Seen} */
      const test = JSON.parse(line);
      if (pattern.test(test.name)) costs.set(test.file, (costs.get(test.file) ?? 0) + test.ms);
    }
    /** @param {string} path */
    const cost = (path) => costs.get(path.replace(/^.*\/packages\//, ''));
    return tests
      .filter(({ path }) => cost(path) !== undefined)
      .sort((a, b) => Number(cost(a.path)) - Number(cost(b.path)));
  }

  cacheResults() {}
}
