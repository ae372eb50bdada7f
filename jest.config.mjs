/** Jest as ESM over SWC; libraries resolve from source through the export condition, so no build comes before a test. */

/** A file's suffix says what it needs: nothing, one real server, or several processes. */
const suites = {
  unit: { testMatch: ['**/*.test.{ts,tsx,mjs}', '!**/*.{int,e2e}.test.{ts,tsx,mjs}'], testTimeout: 15_000 },
  int: { testMatch: ['**/*.int.test.{ts,tsx,mjs}'], testTimeout: 60_000 },
  e2e: { testMatch: ['**/*.e2e.test.{ts,tsx,mjs}'], testTimeout: 300_000 },
  all: { testMatch: ['**/*.test.{ts,tsx,mjs}'], testTimeout: 60_000 },
};
const suite = suites[process.env.PARAPET_SUITE ?? 'all'];
if (!suite)
  throw new Error(`PARAPET_SUITE is ${process.env.PARAPET_SUITE}: it may be ${Object.keys(suites).join(', ')}`);

const transformer = (tsx) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', tsx, decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, react: { runtime: 'automatic' } },
      keepClassNames: true,
    },
    module: { type: 'es6' },
  },
];

export default {
  ...suite,
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@parapet/source', 'node', 'node-addons'] },
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/\\.parapet/', '/\\.nx/'],
  modulePathIgnorePatterns: ['/dist/', '/\\.parapet/'],
  transform: { '^.+\\.ts$': transformer(false), '^.+\\.tsx$': transformer(true) },
};
