import { retrieveFuture } from '../../api/futures.js';
import { CompleteMetadata, FailedFuture, TryAgain } from '../../types/futures.js';
import type { FuturePoll } from './futures.js';
import { writeResult } from './future-result.js';
import { bytesResponse, errorResponse, jsonResponse } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { answerRaw, type ServerApp } from '../routing.js';

/** Asking for results: a long poll (wire protocol §2.7, §3). */
export function addFutureRoutes(app: ServerApp, api: LocalApi): void {
  answerRaw(app, retrieveFuture, async ({ requestId, allowMetadataOnly }, c) => {
    const poll = await api.futures.wait(requestId, api.options.pollHoldMs, c.req.raw.signal);
    if (poll.state !== 'done') {
      if (poll.state === 'failed') api.futures.delivered(requestId);
      return reply(poll, requestId);
    }
    const { bytes, contentType } = writeResult(poll.result, api.options.jsonOnly ? '' : (c.req.header('accept') ?? ''));
    if (allowMetadataOnly && bytes.length > api.options.largeResultBytes) {
      return jsonResponse(CompleteMetadata.encode({ status: 'complete_metadata', responsePayloadSize: bytes.length }));
    }
    api.futures.delivered(requestId);
    return bytesResponse(bytes, contentType);
  });
}

function reply(poll: Exclude<FuturePoll, { readonly state: 'done' }>, requestId: string): Response {
  switch (poll.state) {
    case 'failed':
      return jsonResponse(FailedFuture.encode({ error: poll.error, category: poll.category }));
    case 'pending':
      return jsonResponse({ ...TryAgain.encode({ type: 'try_again', queueState: 'active' }), request_id: requestId });
    case 'expired':
      return errorResponse(410, `Promise expired: the result of ${requestId} was kept for its time and is gone.`);
    case 'unknown':
      return errorResponse(404, 'Future not found');
  }
}
