import base from './jest.config.js';

/** The inspector in a real browser, Debian's Chromium: `npm run test:browser`. */
/** @type {import('jest').Config} */
export default {
  testEnvironment: base.testEnvironment,
  roots: ['<rootDir>/tests/browser'],
  testMatch: base.testMatch,
  extensionsToTreatAsEsm: base.extensionsToTreatAsEsm,
  transform: base.transform,
  moduleNameMapper: base.moduleNameMapper,
  waitForUnhandledRejections: base.waitForUnhandledRejections,
  globalSetup: '<rootDir>/tests/browser/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/browser/support/global-teardown.mjs',
  // A browser, a server and a trainer at a time: that keeps two cores busy.
  maxWorkers: 1,
  testTimeout: 120_000,
};
