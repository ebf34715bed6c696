// How a file of tests is run under mutation: as ever, but once a test has noticed the mutant the files that are left are not even loaded.
const { createRequire } = require('node:module');

const core = createRequire(createRequire(require.resolve('jest')).resolve('@jest/core'));
const circus = createRequire(core.resolve('jest-config')).resolve('jest-circus/runner');
const noticed = Symbol.for('@x/mutate:noticed');

module.exports = async (globalConfig, config, environment, runtime, testPath, send) => {
  const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
  if (mutant === undefined || globalThis[noticed] !== mutant) {
    return require(circus).default(globalConfig, config, environment, runtime, testPath, send);
  }
  return {
    failureMessage: null,
    leaks: false,
    numFailingTests: 0,
    numPassingTests: 0,
    numPendingTests: 1,
    numTodoTests: 0,
    openHandles: [],
    perfStats: { end: 0, runtime: 0, slow: false, start: 0 },
    skipped: true,
    snapshot: { added: 0, fileDeleted: false, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 },
    testFilePath: testPath,
    // Jest takes a file without tests for a mistake.
    testResults: [
      {
        ancestorTitles: [],
        failureDetails: [],
        failureMessages: [],
        fullName: 'left out',
        location: null,
        numPassingAsserts: 0,
        retryReasons: [],
        status: 'pending',
        title: 'left out',
      },
    ],
  };
};
