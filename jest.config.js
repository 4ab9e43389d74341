/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  // These need Python and its packages, or a browser: `npm run test:python`, `npm run test:browser`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/tests/python/', '<rootDir>/tests/browser/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
  },
  // Workers, since one process for all would keep the modules of every test file until the end.
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  // Sources name each other by their compiled names ("./x.js"), as Node requires of ES modules.
  moduleNameMapper: { '^(\\.{1,2}/.+)\\.js$': '$1' },
  // Ends a test that hangs, and judges no machine by its speed.
  testTimeout: 120_000,
  // A promise that rejects with nobody listening fails the test that made it.
  waitForUnhandledRejections: true,
  collectCoverageFrom: [
    'src/**/*.ts',
    // Held by tests that run the real server and its commands, whole.
    '!src/server/**',
    '!src/cli/**',
    '!src/contract/**',
    // Held by its own tests and, what runs in a browser, by `npm run test:browser`.
    '!src/inspector/**',
    // Generated.
    '!src/wire/proto/*_pb.ts',
  ],
  coverageReporters: ['text-summary', 'text', 'lcov'],
  coverageThreshold: { global: { lines: 100, branches: 100, functions: 100, statements: 100 } },
};
