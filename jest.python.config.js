import base from './jest.config.js';

/** The suites that need Python and the official SDK: `npm run test:python`. */
/** @type {import('jest').Config} */
export default {
  testEnvironment: base.testEnvironment,
  roots: ['<rootDir>/tests/python'],
  testMatch: base.testMatch,
  extensionsToTreatAsEsm: base.extensionsToTreatAsEsm,
  transform: base.transform,
  moduleNameMapper: base.moduleNameMapper,
  waitForUnhandledRejections: base.waitForUnhandledRejections,
  globalSetup: '<rootDir>/tests/python/support/global-setup.mjs',
  reporters: ['default', '<rootDir>/tests/python/support/report.mjs'],
  // Each test starts a server and at least one Python process; two of them keep two cores busy.
  maxWorkers: 2,
  testTimeout: 300_000,
};
