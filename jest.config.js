// One configuration for all rooms; a project per kind of test, so that `npm run test:quick -- story` can pick.
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

const kind = (displayName, testMatch, more = {}) => ({
  displayName,
  testMatch,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': swc },
  moduleNameMapper: {
    '^@storytelling/(shared|gateway|platform)/(.*)$': '<rootDir>/$1/src/$2.ts',
    '^@storytelling/(identity|story)/(.*)$': '<rootDir>/subgraphs/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '/\\.data/'],
  ...more,
});

export default {
  projects: [
    kind('unit', ['<rootDir>/**/*.spec.ts', '!<rootDir>/**/*.{int,e2e}.spec.ts']),
    kind('int', ['<rootDir>/**/*.int.spec.ts'], { globalSetup: '<rootDir>/tools/jest/start-postgres.mjs', globalTeardown: '<rootDir>/tools/jest/stop-postgres.mjs' }),
    kind('e2e', ['<rootDir>/**/*.e2e.spec.ts']),
  ],
};
