// The environment of tests under mutation. Two things make it quick: a test of very many of anything is left out (their
// names say how many), and once a test has noticed the mutant the others are not run.
const { appendFileSync } = require('node:fs');
const NodeEnvironment = require('jest-environment-node').default;

/** One of these takes longer than all the others of its package together. */
const HEAVY = /\b(million|\d+,000)\b/i;

/** Under it the mutant that has been noticed in this process is kept, also for the runner (mutate-jest-circus.cjs). */
const noticed = Symbol.for('@x/mutate:noticed');

module.exports = class MutationEnvironment extends NodeEnvironment {
  constructor(config, context) {
    super(config, context);
    this.file = context.testPath;
  }

  handleTestEvent(event) {
    if (event.name !== 'test_start' && event.name !== 'test_done') return;
    const { test } = event;
    const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
    if (event.name === 'test_start') {
      if (HEAVY.test(test.name) || (mutant !== undefined && mutant === globalThis[noticed])) test.mode = 'skip';
    } else if (mutant !== undefined) {
      if (test.errors.length > 0) globalThis[noticed] = mutant;
    } else if (test.mode !== 'skip' && process.env.MUTATION_TESTS) {
      // For the order of the files (mutate-sequencer.mjs).
      const names = [];
      for (let each = test; each.parent; each = each.parent) names.unshift(each.name);
      const line = { file: this.file.replace(/^.*\/packages\//, ''), name: names.join(' '), ms: test.duration };
      appendFileSync(process.env.MUTATION_TESTS, `${JSON.stringify(line)}\n`);
    }
  }
};
