import * as t from 'io-ts';
import { Integer } from './ids.js';
import { field, filled, message, optional } from './message.js';

/** The server's receipt for an accepted operation (wire protocol §3.1). */
export const SubmitResponse = message('SubmitResponse', { requestId: field('request_id', t.string) });
export type SubmitResponse = t.TypeOf<typeof SubmitResponse>;

/** Asks for the result of an operation (§2.7). */
export const RetrieveFutureRequest = message('RetrieveFutureRequest', {
  requestId: field('request_id', t.string),
  /** Lets the server announce a large result instead of sending it. */
  allowMetadataOnly: filled('allow_metadata_only', t.boolean, false),
});
export type RetrieveFutureRequest = t.TypeOf<typeof RetrieveFutureRequest>;

/** Not ready yet; the queue state says whether the server has paused the operation (§3.2). */
export const TryAgain = message('TryAgain', {
  type: field('type', t.literal('try_again')),
  queueState: optional('queue_state', t.string),
  queueStateReason: optional('queue_state_reason', t.string),
});
export type TryAgain = t.TypeOf<typeof TryAgain>;

/** Ready, but large: reserve room, then ask again for all of it (§3.2). */
export const CompleteMetadata = message('CompleteMetadata', {
  status: field('status', t.literal('complete_metadata')),
  /** In bytes. */
  responsePayloadSize: filled('response_payload_size', Integer, 0),
});
export type CompleteMetadata = t.TypeOf<typeof CompleteMetadata>;

/** The operation failed on the server (§3.2). */
export const FailedFuture = message('FailedFuture', {
  error: field('error', t.unknown),
  category: optional('category', t.unknown),
});
export type FailedFuture = t.TypeOf<typeof FailedFuture>;

/** How a future tells the server what kind of result it waits for (§1.4). */
export type RequestType =
  | 'CreateModel'
  | 'Forward'
  | 'ForwardBackward'
  | 'OptimStep'
  | 'SaveWeights'
  | 'SaveWeightsForSampler'
  | 'LoadWeights'
  | 'UnloadModel'
  | 'Sample';
