import { isRecord } from '../../../src/types/check.js';
import { readJsonLossless } from '../../../src/wire/read-json-bigint.js';
import { decodedPass } from './pass-bytes.js';
import type { RequestRecord } from './record.js';

/** What a request says, whatever it is written in; undefined without a body. */
export function contentOf({ body, protobuf }: RequestRecord): unknown {
  if (protobuf !== undefined) return decodedPass(Buffer.from(protobuf, 'base64'));
  return body === undefined ? undefined : readJsonLossless(body);
}

/** The operation, model or sampling session that a request is about, in this order; undefined for others. */
export function ownerOf(record: RequestRecord): string | undefined {
  const content = contentOf(record);
  if (!isRecord(content)) return undefined;
  const pass = content['pass'];
  const owner = content['request_id'] ?? content['model_id'] ?? content['sampling_session_id'] ?? (isRecord(pass) ? pass['modelId'] : undefined);
  return typeof owner === 'string' ? owner : undefined;
}
