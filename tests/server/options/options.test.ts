import { describe, expect, it } from '@jest/globals';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { resolveServerOptions } from '../../../src/server/options/options.js';
import { defaultClientConfig } from '../../../src/types/service.js';
import { untyped } from '../../support/untyped.js';

describe('resolveServerOptions', () => {
  it('fills in the defaults', () => {
    const { log, ...rest } = resolveServerOptions({});
    expect(log).toBeInstanceOf(Function);
    expect(rest).toEqual({
      port: 0,
      host: '127.0.0.1',
      allowedHosts: [],
      dataDir: join(homedir(), '.tinkerjs', 'server'),
      apiKey: undefined,
      strict: false,
      faults: false,
      createModelViaLoadWeights: false,
      clientConfig: { ...defaultClientConfig, usePyqwestTransport: false },
      configRefreshSeconds: 300,
      jwtAuth: undefined,
      jsonOnly: false,
      missingSeqTimeoutMs: 30_000,
      pollHoldMs: 30_000,
      sessionTimeoutMs: 300_000,
      futureRetentionMs: 600_000,
      largeResultBytes: 8_388_608,
      maxBodyBytes: 268_435_456,
      verbose: false,
    });
  });

  it('keeps what is given', () => {
    const given = { port: 1234, host: '::1', apiKey: 'tml-a', strict: true, faults: true, verbose: true, pollHoldMs: 44_000 };
    expect(resolveServerOptions({ ...given, dataDir: 'here' })).toMatchObject({ ...given, dataDir: resolve('here') });
  });

  it('tells clients what it is told', () => {
    const resolved = resolveServerOptions({ clientConfig: { fwdbwdMaxChunkLen: 7, usePyqwestTransport: true }, createModelViaLoadWeights: true, jwtAuth: true });
    expect(resolved.clientConfig).toEqual({
      ...defaultClientConfig,
      fwdbwdMaxChunkLen: 7,
      usePyqwestTransport: true,
      createModelViaLoadWeights: true,
      pjwtAuthEnabled: true,
    });
    expect(resolved.jwtAuth).toEqual({ lifetimeSeconds: 3600 });
    expect(resolveServerOptions({ jwtAuth: { lifetimeSeconds: 60 } }).jwtAuth).toEqual({ lifetimeSeconds: 60 });
    expect(resolveServerOptions({ jwtAuth: false }).jwtAuth).toBeUndefined();
  });

  it.each([
    ['{"clientConfig":5}', 'clientConfig', 'clientConfig: got 5, expected an object with settings for clients'],
    ['{"clientConfig":{"fwdbwdMaxChunkLen":"7"}}', 'clientConfig', 'clientConfig: ClientConfig: missing or of the wrong type: fwdbwdMaxChunkLen'],
    ['{"jwtAuth":"yes"}', 'jwtAuth', 'jwtAuth: got "yes", expected true, false, or an object with lifetimeSeconds'],
    ['{"jwtAuth":{}}', 'jwtAuth.lifetimeSeconds', 'jwtAuth.lifetimeSeconds: got undefined, expected a whole number from 1 to 31536000'],
    ['{"jwtAuth":{"lifetimeSeconds":0}}', 'jwtAuth.lifetimeSeconds', 'jwtAuth.lifetimeSeconds: got 0, expected a whole number from 1 to 31536000'],
    ['{"configRefreshSeconds":0}', 'configRefreshSeconds', 'configRefreshSeconds: got 0, expected a whole number from 1 to 86400'],
  ])('refuses the settings %s for clients', (json, field, message) => {
    expect(() => resolveServerOptions(untyped(json))).toThrow(expect.objectContaining({ kind: 'validation', field, message }));
  });

  it.each(['pjwtAuthEnabled', 'fwdbwd_max_chunk_len'])('does not know the setting %s for clients', (name) => {
    expect(() => resolveServerOptions(untyped(`{"clientConfig":{"${name}":true}}`))).toThrow(
      expect.objectContaining({ field: `clientConfig.${name}`, message: expect.stringMatching(/is not a setting; the settings are credentialDefaultSource, /) as unknown }),
    );
  });

  it.each([
    [{ port: 65_536 }, 'port: got 65536, expected a whole number from 0 to 65535'],
    [{ port: 1.5 }, 'port: got 1.5, expected a whole number from 0 to 65535'],
    [{ host: ' ' }, 'host: got " ", expected a text that is not empty'],
    [{ dataDir: '' }, 'dataDir: got "", expected a text that is not empty'],
    [{ pollHoldMs: 45_000 }, 'pollHoldMs: got 45000, expected a whole number from 1 to 44000'],
    [{ missingSeqTimeoutMs: 0 }, 'missingSeqTimeoutMs: got 0, expected a whole number from 1 to 2147483647'],
    [{ apiKey: 'secret' }, 'apiKey: expected a key that starts with "tml-", followed by printable characters without spaces.'],
  ])('refuses %j', (options, message) => {
    expect(() => resolveServerOptions(options)).toThrow(expect.objectContaining({ kind: 'validation', message }));
  });

  it.each([
    ['{"strict":"yes"}', 'strict', 'strict: got "yes", expected true or false'],
    ['{"log":5}', 'log', 'log: got 5, expected a function that takes a line of text'],
    ['null', 'options', 'options: got null, expected an object with settings of the server, or nothing'],
    ['5', 'options', 'options: got 5, expected an object with settings of the server, or nothing'],
    ['"x"', 'options', 'options: got "x", expected an object with settings of the server, or nothing'],
    ['[]', 'options', 'options: got an array of 0, expected an object with settings of the server, or nothing'],
    [
      '{"prot":8471}',
      'prot',
      'prot: is not an option of the local server; its options are port, host, allowedHosts, dataDir, apiKey, strict, faults, createModelViaLoadWeights, ' +
        'clientConfig, configRefreshSeconds, jwtAuth, jsonOnly, missingSeqTimeoutMs, pollHoldMs, sessionTimeoutMs, futureRetentionMs, largeResultBytes, maxBodyBytes, log, verbose.',
    ],
  ])('refuses %s from a caller without a compiler', (json, field, message) => {
    expect(() => resolveServerOptions(untyped(json))).toThrow(expect.objectContaining({ kind: 'validation', field, message }));
  });
});
