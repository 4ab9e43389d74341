import { describe, expect, it } from '@jest/globals';
import { Counters, kindOf } from '../../src/service/counters.js';

describe('Counters', () => {
  it('hands out every number once, each kind from its own start', () => {
    const counters = new Counters();
    expect([counters.nextId('optimStep'), counters.nextId('sample'), counters.nextId('optimStep')]).toEqual(['optimStep-1', 'sample-2', 'optimStep-3']);
    expect([counters.nextModelSeqId(), counters.nextModelSeqId()]).toEqual([0, 1]);
    expect([counters.nextSamplingSessionSeqId(), counters.nextSamplingSessionSeqId()]).toEqual([0, 1]);
  });

  it('knows what an id was drawn for', () => {
    expect(kindOf('optimStep-12')).toBe('optimStep');
  });
});
