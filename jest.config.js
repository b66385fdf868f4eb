// One configuration for all rooms; a project per kind of test, so that `npm run test:unit` and `npm run test:quick -- story` can pick.
const swc = [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      // As tsconfig.base.json: explicit type thunks, no emitted metadata, so tests and production see the same classes.
      transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: false },
      target: 'es2024',
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const kind = (displayName, files, { ignored = [], ...more } = {}) => ({
  displayName,
  testMatch: [`<rootDir>/**/${files}`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': swc },
  moduleNameMapper: {
    // Packages by their sources, so that a test sees the code as it is written and needs no build. Whatever is not named here is a context.
    '^@storytelling/(shared|gateway|platform)/(.*)$': '<rootDir>/$1/src/$2.ts',
    '^@storytelling/([^/]+)/(.*)$': '<rootDir>/subgraphs/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/tools/architecture/fixtures/', ...ignored],
  modulePathIgnorePatterns: ['/dist/', '/\\.data/', '<rootDir>/tools/architecture/fixtures/'],
  ...more,
});

const withPostgres = {
  globalSetup: '<rootDir>/tools/jest/start-postgres.mjs',
  globalTeardown: '<rootDir>/tools/jest/stop-postgres.mjs',
};

export default {
  testSequencer: '<rootDir>/tools/jest/longest-first.mjs',
  projects: [
    kind('unit', '*.spec.ts', { ignored: ['\\.(int|e2e)\\.spec\\.ts$'] }),
    kind('int', '*.int.spec.ts', withPostgres),
    kind('e2e', '*.e2e.spec.ts'),
  ],
};
