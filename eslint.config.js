// What the compiler cannot say: promises that nobody awaits, `any`, an impure domain. Formatting is biome's, unused code is knip's, who may
// import whom is .dependency-cruiser.js'. tools/architecture/fixtures/lint/ breaks each rule that is written here once.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const sources = '**/*.ts';
const tests = ['**/*.spec.ts', '**/*.contract.ts', '**/tests/**/*.ts', 'shared/src/testing/**/*.ts', 'e2e/**/*.ts'];
const scripts = ['**/*.js', '**/*.mjs'];

/** A disabled rule without its reason is the one line that nobody dares to remove. */
const reasonedDisable = {
  meta: { type: 'problem', schema: [], messages: { reason: 'Say why beside it: `// eslint-disable-next-line rule -- reason`.' } },
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (!/^\s*eslint-disable/.test(comment.value) || /\s--\s+\S/.test(comment.value)) continue;
        // Reported in front of its line: a comment must not silence the complaint about itself.
        context.report({ loc: { line: comment.loc.start.line, column: -1 }, messageId: 'reason' });
      }
    },
  }),
};

const doubleCast = {
  selector: 'TSAsExpression[expression.type="TSAsExpression"][expression.typeAnnotation.type="TSUnknownKeyword"]',
  message: 'A cast through unknown hides a wrong type: narrow the value, or give the function the type that it needs.',
};

const fromOutside = 'comes in from outside: take it as a parameter, so that the same input always gives the same result.';

export default defineConfig(
  { ignores: ['**/node_modules/', '**/dist/', '**/generated/', '.data/', 'coverage/', 'tools/architecture/fixtures/'] },
  {
    // A disable comment that no longer disables anything is an error too.
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { storytelling: { rules: { 'reasoned-disable': reasonedDisable } } },
    rules: {
      'storytelling/reasoned-disable': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', doubleCast],
    },
  },
  {
    files: [sources, ...scripts],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      // One program for all rooms and their tests, half the time of one per package. From where ESLint runs, so that the fixtures of
      // tools/architecture are linted by this very file with a program of their own.
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: process.cwd() },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
    },
  },
  {
    files: [sources],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: process.cwd() } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // A type is imported by `import type`: .dependency-cruiser.js tells types from code by it, and nothing is loaded for a type.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { minimumDescriptionLength: 10 }],
      'no-console': 'error',
      // A port's function is async whether or not this adapter has something to await.
      '@typescript-eslint/require-await': 'off',
      // Ports are records of functions and taken apart freely; `this` is used in next to no file.
      '@typescript-eslint/unbound-method': 'off',
      // `node.kind === 'Field'` says what it means; tsc already refuses a comparison that can never be true.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // A number or a branded string in a sentence is what it looks like; an object still is an error.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // ws gives text as a Buffer, and types it as everything that it can be set to give.
      '@typescript-eslint/no-base-to-string': ['error', { ignoredTypeNames: ['ArrayBuffer', 'Error', 'RegExp', 'URL', 'URLSearchParams'] }],
      // tsc says it (noUnusedLocals, noUnusedParameters), with the same underscore.
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
  {
    // The answers of an endpoint under test are `any`: the assertion is the check. Explicit `any` stays banned.
    files: tests,
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // They talk to a person at a terminal; everybody else has the logger.
    files: ['platform/**', 'tools/**', 'benchmarks/**', 'e2e/**', '**/*.spec.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['subgraphs/*/src/domain/**/*.ts', 'shared/src/value-objects/**/*.ts', 'shared/src/domain-events/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.contract.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'console', 'fetch', 'crypto', 'performance', 'Temporal', 'setTimeout', 'setInterval', 'setImmediate'].map(
          (name) => ({
            name,
            message: `The domain is pure: ${name} ${fromOutside}`,
          }),
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: `The domain is pure: the time ${fromOutside}` },
        { object: 'Math', property: 'random', message: `The domain is pure: randomness ${fromOutside}` },
      ],
      'no-restricted-syntax': [
        'error',
        doubleCast,
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: `The domain is pure: the time ${fromOutside}` },
        { selector: 'CallExpression[callee.name="Date"]', message: `The domain is pure: the time ${fromOutside}` },
      ],
    },
  },
);
