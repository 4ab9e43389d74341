import { describe, it } from '@jest/globals';
import { CompleteMetadata, FailedFuture, RetrieveFutureRequest, SubmitResponse, TryAgain } from '../../src/types/futures.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor } from '../support/codec.js';

describe('SubmitResponse', () => {
  it('holds the request id, whatever else a server adds', () => {
    assertDecodes(SubmitResponse, { request_id: 'optim_step#3' }, { requestId: 'optim_step#3' });
    assertDecodes(SubmitResponse, { future_id: 12, status: 'pending', request_id: '12', model_id: null }, { requestId: '12' });
  });

  it('refuses a request id that is no text', () => {
    assertRejects(SubmitResponse, { request_id: 12 }, 'request_id: got 12, expected string');
  });
});

describe('RetrieveFutureRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(
      RetrieveFutureRequest,
      { requestId: 'optim_step#3', allowMetadataOnly: true },
      '{"request_id":"optim_step#3","allow_metadata_only":true}',
    );
  });

  it('always says whether an announcement will do', () => {
    assertEncodes(RetrieveFutureRequest, RetrieveFutureRequest.make({ requestId: 'r' }), '{"request_id":"r","allow_metadata_only":false}');
  });
});

describe('TryAgain', () => {
  it('tells the queue state and its reason where the server does', () => {
    assertStandsFor(
      TryAgain,
      { type: 'try_again', queueState: 'paused_rate_limit', queueStateReason: 'too many clients' },
      '{"type":"try_again","queue_state":"paused_rate_limit","queue_state_reason":"too many clients"}',
    );
    assertDecodes(TryAgain, { type: 'try_again', request_id: 'r', queue_state: null }, { type: 'try_again' });
  });

  it('takes queue states that nobody knows yet', () => {
    assertDecodes(TryAgain, { type: 'try_again', queue_state: 'paused_for_lunch' }, { type: 'try_again', queueState: 'paused_for_lunch' });
  });

  it('is told by its type', () => {
    assertRejects(TryAgain, { queue_state: 'active' }, 'type: got undefined, expected "try_again"');
  });
});

describe('CompleteMetadata', () => {
  it('announces how large the result is, 0 where the server does not say', () => {
    assertStandsFor(
      CompleteMetadata,
      { status: 'complete_metadata', responsePayloadSize: 123456 },
      '{"status":"complete_metadata","response_payload_size":123456}',
    );
    assertDecodes(CompleteMetadata, { status: 'complete_metadata' }, { status: 'complete_metadata', responsePayloadSize: 0 });
  });

  it('refuses a size that is no whole number', () => {
    assertRejects(CompleteMetadata, { status: 'complete_metadata', response_payload_size: '1' }, 'response_payload_size: got "1", expected a whole number');
  });
});

describe('FailedFuture', () => {
  it('is anything with an error, be it null', () => {
    assertStandsFor(FailedFuture, { error: 'out of range', category: 'user' }, '{"error":"out of range","category":"user"}');
    assertDecodes(FailedFuture, { error: null }, { error: null });
    assertRejects(FailedFuture, { category: 'user' }, 'the body: got an object, expected FailedFuture');
  });
});
