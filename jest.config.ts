/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: '<rootDir>/test/test-support/environment.cjs',
  testMatch: [
    '<rootDir>/packages/*/src/**/*.test.ts',
    '<rootDir>/examples/*/src/**/*.test.ts',
    '<rootDir>/test/**/*.test.ts',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.json' }] },
  // Tests run against the sources: nothing has to be built first.
  moduleNameMapper: {
    '^@x/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@x/([^/]+)/([^/]+)$': '<rootDir>/packages/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  maxWorkers: '100%',
  // A hang fails; a test of a million cycles on a busy machine, with coverage, does not.
  testTimeout: 30_000,
  // Node holds on to the modules of test files that have ended: a worker that has grown is replaced before the next file.
  // What one file needs comes on top: over a gigabyte, of the 2 that Node gives itself on a machine with 8.
  workerIdleMemoryLimit: '256MB',
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.stryker-tmp/'],
  collectCoverageFrom: ['packages/*/src/**/*.ts', '!**/*.test.ts', '!**/*.test-d.ts', '!**/test-support/**'],
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'json-summary', 'lcovonly'],
};

export default config;
