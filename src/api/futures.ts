import * as t from 'io-ts';
import { RetrieveFutureRequest } from '../types/futures.js';
import { post } from './route.js';

/**
 * Asks for the result of an operation. The answer takes one of five shapes (wire protocol §3.2),
 * told apart by the reader of the reply. 45 s is how long the official client waits, so servers
 * answer before that.
 */
export const retrieveFuture = post('/api/v1/retrieve_future', RetrieveFutureRequest, t.unknown, 45_000);
