import type { KnipConfig } from 'knip';

/** What `pnpm knip` takes as used: what the packages export, tests, programs, scripts, documents. All else has to be reached from there. */
const config: KnipConfig = {
  // The snippets of a document import things too.
  compilers: {
    md: (text: string): string =>
      [...text.matchAll(/^```ts(?: no-run:.*)?$([^]*?)^```$/gm)].map(([, code = '']) => code).join('\n'),
  },
  // A type that an exported function names is exported with it, so that declarations can name it too.
  ignoreExportsUsedInFile: { interface: true, type: true },
  // Programs of the system that tests start: for a certificate, a named pipe, a child that is the first process of a container.
  ignoreBinaries: ['mkfifo', 'openssl', 'unshare'],
  // Two names for one function are meant: upstream has them.
  rules: { duplicates: 'off' },
  workspaces: {
    '.': {
      entry: ['scripts/*.{mjs,cjs}', 'test/**/*.test.ts', 'test/soak/soak.ts'],
      project: ['*.{ts,mjs}', 'scripts/*.{mjs,cjs}', 'test/**/*.ts'],
      // Run by their names (scripts/packs.mjs, scripts/docs.mjs), named in a comment that jest reads (jest.config.ts), compared with in a guide.
      ignoreDependencies: [
        '@arethetypeswrong/cli',
        'publint',
        'esbuild-register',
        '@stryker-mutator/jest-runner',
        '@boneskull/typedoc-plugin-mermaid',
        'remark-cli',
        'close-with-grace',
      ],
    },
    'packages/*': {
      // The `exports` of the manifests, as sources.
      entry: ['src/{index,node,otel,periodic,ratelimit,context,inspect}.ts', 'src/**/*.{test,test-d}.ts', '*.md'],
      project: ['src/**/*.ts', '*.md'],
    },
    // Programs that look at it in a browser, and one that a test starts.
    'packages/proc': {
      entry: [
        'src/{index,node,otel}.ts',
        'src/**/*.{test,test-d}.ts',
        'src/test-support/instrumented.ts',
        'browser/*.mjs',
        '*.md',
      ],
      project: ['src/**/*.ts', 'browser/*.mjs', '*.md'],
      // Imported in the text of a program.
      ignoreDependencies: ['@paulirish/trace_engine'],
    },
    'examples/*': {
      entry: ['src/main.ts', 'src/**/*.test.ts'],
      project: ['src/**/*.{ts,tsx}'],
    },
    // The page is bundled by name; the programs that look at it are started by name.
    'examples/import-graph': {
      entry: ['src/main.ts', 'src/**/*.test.ts', 'src/page/page.ts', 'browser/*.mjs'],
      project: ['src/**/*.ts', 'browser/*.mjs'],
    },
    // Each file is a program.
    'examples/together': { entry: ['src/*.ts'] },
    bench: {
      // run.mjs runs what it finds in questions/.
      entry: ['*.mjs', 'questions/*.ts'],
      project: ['**/*.{ts,mjs}'],
    },
  },
};

export default config;
