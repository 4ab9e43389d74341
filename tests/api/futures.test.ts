import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { retrieveFuture } from '../../src/api/futures.js';
import { assertExchange } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

describe('retrieveFuture', () => {
  it('asks for a result within 45 seconds and leaves its shape to the reader', async () => {
    expect([retrieveFuture.path, retrieveFuture.timeoutMs]).toEqual(['/api/v1/retrieve_future', 45_000]);
    await assertExchange(retrieveFuture, { requestId: 'optim_step#3', allowMetadataOnly: true }, {
      sent: '{"request_id":"optim_step#3","allow_metadata_only":true}',
      answer: { type: 'try_again', anything: [1] },
      read: { type: 'try_again', anything: [1] },
    });
  });
});
