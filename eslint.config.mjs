import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/coverage',
      '**/fixtures',
      '.packs',
      '.sizes',
      '.snippets',
      '.stryker-tmp',
      '.docs',
      '**/*.{js,cjs}',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.json',
          './scripts/tsconfig.json',
          './examples/import-graph/src/page/tsconfig.json',
          './examples/import-graph/browser/tsconfig.json',
          './packages/proc/browser/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // What was thrown is passed on as it is, also when it is no Error: the rule every package keeps.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // A function of the user's may return a value or a promise.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // A method is looked at without being called: whether a value has a `then`, and that one once.
      '@typescript-eslint/unbound-method': 'off',
      // It has a `toString` that is made for messages.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allow: [{ from: 'file', name: 'RequestId' }] },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // Tests hand over wrong values and async functions without an await on purpose; a script reads JSON whose shape it asserts.
    files: ['**/*.test.ts', '**/test-support/**', '**/*.mjs'],
    rules: {
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
