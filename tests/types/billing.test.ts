import { describe, expect, it } from '@jest/globals';
import { BillingUsageRequest, BillingUsageResponse, UsageEventInfo } from '../../src/types/billing.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor } from '../support/codec.js';

const start = new Date(Date.UTC(2026, 6, 13));
const end = new Date(Date.UTC(2026, 6, 14));

describe('BillingUsageRequest', () => {
  it('writes moments as the protocol has them', () => {
    assertEncodes(
      BillingUsageRequest,
      { startingOn: start, endingBefore: end },
      '{"starting_on":"2026-07-13T00:00:00Z","ending_before":"2026-07-14T00:00:00Z"}',
    );
  });
});

describe('UsageEventInfo', () => {
  it.each([
    [{ type: 'training' as const, tokenCount: 3 }, '{"type":"training","token_count":3}'],
    [{ type: 'sampling_prefill' as const, cached: true, tokenCount: 3 }, '{"type":"sampling_prefill","cached":true,"token_count":3}'],
    [{ type: 'sampling_sample' as const, tokenCount: 3 }, '{"type":"sampling_sample","token_count":3}'],
    [{ type: 'checkpoint' as const, count: 2 }, '{"type":"checkpoint","count":2}'],
    [{ type: 'storage' as const, gigabyteHours: 0.5 }, '{"type":"storage","gigabyte_hours":0.5}'],
    [{ type: 'other' as const, wire: { type: 'gpu', hours: 2 } }, '{"type":"gpu","hours":2}'],
  ])('stands for %j', (usage, text) => {
    assertStandsFor(UsageEventInfo, usage, text);
    expect(UsageEventInfo.is(usage)).toBe(true);
  });

  it('is told apart by its type, whatever else is there', () => {
    assertDecodes(UsageEventInfo, { type: 'checkpoint', count: 2, token_count: 3, region: 'x' }, { type: 'checkpoint', count: 2 });
    assertRejects(UsageEventInfo, { type: 'training', count: 2 }, 'token_count: got undefined, expected a whole number');
  });

  it.each([
    [null, 'null'],
    [{ token_count: 3 }, 'an object'],
  ])('refuses %j, which has no type', (wire, shown) => {
    assertRejects(UsageEventInfo, wire, `the body: got ${shown}, expected an object with a type`);
    expect(UsageEventInfo.is(wire)).toBe(false);
  });
});

describe('BillingUsageResponse', () => {
  it('reads usage and sessions', () => {
    assertDecodes(
      BillingUsageResponse,
      {
        data: [
          {
            bucket_start: '2026-07-13T00:00:00Z',
            bucket_end: '2026-07-14T00:00:00Z',
            base_model: 'b',
            user_id: 'u',
            user_name: null,
            session_id: 's',
            project_id: null,
            event_info: { type: 'storage', gigabyte_hours: 1 },
          },
        ],
        sessions: { s: { user_metadata: { k: 'v' } }, t: { user_metadata: null } },
      },
      {
        data: [{ bucketStart: start, bucketEnd: end, baseModel: 'b', userId: 'u', sessionId: 's', eventInfo: { type: 'storage', gigabyteHours: 1 } }],
        sessions: { s: { userMetadata: { k: 'v' } }, t: {} },
      },
    );
    assertDecodes(BillingUsageResponse, { data: [] }, { data: [], sessions: {} });
  });
});
