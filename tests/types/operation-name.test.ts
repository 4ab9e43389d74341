import { describe, expect, it } from '@jest/globals';
import { operationName } from '../../src/types/operation-name.js';

describe('operationName', () => {
  it('says the kind once', () => {
    expect([operationName('optimStep', 'optimStep-7'), operationName('optimStep', 'a')]).toEqual(['optimStep-7', 'optimStep a']);
  });
});
