import { describe, expect, it } from '@jest/globals';
import { resolveConfig, type ServiceClientOptions } from '../../src/config.js';
import { assertRefuses, untyped } from '../support/codec.js';

const telemetry = (options: ServiceClientOptions, variable?: string) => resolveConfig({ apiKey: 'tml-x', ...options }, { TINKER_TELEMETRY: variable }).telemetry;

describe('the telemetry option', () => {
  it.each([undefined, '', '0', 'false', 'no', 'off', '2', ' 1', 'yes please'])('is off with TINKER_TELEMETRY %p', (variable) => {
    expect(telemetry({}, variable)).toBe(false);
  });

  it.each(['1', 'true', 'yes', 'on', 'TRUE', 'On'])('is on with TINKER_TELEMETRY %p', (variable) => {
    expect(telemetry({}, variable)).toBe(true);
  });

  it('has the last word', () => {
    expect(telemetry({ telemetry: false }, '1')).toBe(false);
    expect(telemetry({ telemetry: true }, '0')).toBe(true);
  });

  it('is true or false', () => {
    assertRefuses(() => untyped(telemetry)({ telemetry: 'on' }), 'telemetry', 'telemetry: got "on", expected true or false');
  });
});
