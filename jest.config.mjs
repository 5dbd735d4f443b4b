// Of tests that load ONNX Runtime by themselves; the worker's own code does without (no-telemetry.ts).
process.env.ORT_DISABLE_TELEMETRY = '1';

const swc = [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser: { syntax: 'typescript', tsx: true } },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

export const project = (name, extra = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  testEnvironment: '<rootDir>/tests/helpers/jest-environment.cjs',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: {
    '^@scry/(onnx|shared|api|worker|stress)/(.*)$': '<rootDir>/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '\\.tsx?$': swc },
  ...extra,
});

export const withPostgres = {
  globalSetup: '<rootDir>/tests/helpers/postgres-setup.mjs',
  globalTeardown: '<rootDir>/tests/helpers/postgres-teardown.mjs',
};

export default {
  testTimeout: 30_000,
  maxWorkers: 2,
  projects: [project('unit'), project('integration', withPostgres), project('e2e', withPostgres)],
};
