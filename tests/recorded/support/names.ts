import { fromBinary } from '@bufbuild/protobuf';
import { decompress } from 'fzstd';
import { isRecord } from '../../../src/types/check.js';
import { parseJson } from '../../../src/api/failure.js';
import { ForwardBackwardRequestSchema } from '../../../src/wire/proto/tinker_public_pb.js';
import type { Exchange } from './recording-proxy.js';

/** Puts the same names in the place of what a server or a clock makes up, wherever it stands in a text. */
export type Rename = (text: string) => string;

/**
 * The names for one recording. Sessions are named by the order in which the server opened them, operations by what
 * they do and their number: so names do not depend on which of two requests at once is first. Tokens have one name:
 * two that are given out within one second are the same.
 */
export function namesOf(exchanges: readonly Exchange[], apiKey: string): Rename {
  const names = new Map([[apiKey, '<API key>']]);
  const rename: Rename = (text) => {
    let renamed = text;
    // Longer ids first: one may begin with another.
    for (const [id, name] of [...names].sort(([one], [other]) => other.length - one.length)) renamed = renamed.replaceAll(id, name);
    return renamed;
  };
  let sessions = 0;
  for (const exchange of exchanges) {
    const answer = parseJson(exchange.answer.toString());
    if (!isRecord(answer)) continue;
    const { session_id: session, jwt, request_id: operation } = answer;
    if (typeof session === 'string' && !names.has(session)) names.set(session, `<session ${(sessions += 1)}>`);
    if (typeof jwt === 'string' && !names.has(jwt)) names.set(jwt, '<token>');
    if (typeof operation === 'string' && operation !== '' && !names.has(operation)) names.set(operation, `<${rename(operationOf(exchange))}>`);
  }
  return rename;
}

function operationOf({ target, headers, body }: Exchange): string {
  const endpoint = target.replace('/api/v1/', '');
  const isPass = headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value.includes('protobuf'));
  if (isPass) {
    const { modelId, seqId } = fromBinary(ForwardBackwardRequestSchema, unpacked(headers, body));
    return `${endpoint} ${seqId} of ${modelId}`;
  }
  const request = parseJson(body.toString());
  if (!isRecord(request)) throw new Error(`${target}: the request is not JSON`);
  const owner = request['model_id'] ?? request['sampling_session_id'] ?? request['session_id'];
  const number = Number(request['seq_id'] ?? request['model_seq_id']);
  return `${endpoint}${Number.isNaN(number) ? '' : ` ${number}`} of ${String(owner)}`;
}

/** The body as it was before it was compressed. */
export function unpacked(headers: Exchange['headers'], body: Buffer): Buffer {
  const encoding = headers.find(([name]) => name.toLowerCase() === 'content-encoding')?.[1];
  if (encoding === undefined) return body;
  if (encoding === 'zstd') return Buffer.from(decompress(body));
  throw new Error(`${encoding} is no encoding of the protocol`);
}
