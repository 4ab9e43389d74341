import type { AttemptFailure } from '../types/attempt.js';
import { isRecord } from '../types/check.js';
import { invalid } from '../types/errors.js';
import type { PassEncoding } from '../wire/pass-dialects.js';

/** How a service writes its passes: `auto` finds out what the server takes. */
export type EncodingOption = 'auto' | PassEncoding;

/** @throws TinkerError `validation` */
export function checkEncoding(option: EncodingOption = 'auto'): EncodingOption {
  if (!['auto', 'protobuf', 'json'].includes(option)) throw invalid('encoding', option, '"auto", "protobuf" or "json"');
  return option;
}

const unreadable = new Set([400, 415, 422, 500]);

/**
 * Whether a server that answers protobuf like this may be one that reads JSON only. Servers of that kind
 * answer with many statuses, even with 500; what they cannot do is name a field of the pass.
 */
export function mayWantJson({ error: { status }, body }: AttemptFailure): boolean {
  // An empty 400 comes from a proxy on the way (wire protocol §1.12).
  return status !== undefined && unreadable.has(status) && !(status === 400 && body === '') && !namesField(body);
}

/** Whether a server says that it has no sparse tensors (SkyRL: 422 in words); it has taken nothing then. */
export function refusesSparse({ error: { status }, body }: AttemptFailure): boolean {
  return status === 422 && /sparse/i.test(body);
}

/**
 * The answer to report when a server takes a pass in neither form: the one that tells more. A server that
 * reads protobuf says of JSON just that it is not that; where protobuf failed in passing, it is tried again.
 */
export function moreTelling(protobuf: AttemptFailure, json: AttemptFailure): AttemptFailure {
  return json.verdict !== 'definite' || weight(json) > weight(protobuf) ? json : protobuf;
}

function weight({ error: { status }, body }: AttemptFailure): number {
  if (body === '') return 0;
  if (namesField(body)) return 3;
  return status === 415 || status === 500 ? 1 : 2;
}

/** Fields that JSON bodies alone have: that one is missing says that JSON was expected. */
const jsonOnly = new Set(['body', 'forward_backward_input', 'forward_input']);

/** Whether a refusal is a list of issues of which one names a field: then the server has read the body. */
function namesField(body: string): boolean {
  const detail = detailOf(body);
  return Array.isArray(detail) && detail.some((issue: unknown) => {
    const loc = isRecord(issue) ? issue['loc'] : undefined;
    return Array.isArray(loc) && loc.some((part: unknown) => typeof part === 'string' && !jsonOnly.has(part));
  });
}

function detailOf(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed['detail'] : undefined;
  } catch {
    return undefined;
  }
}
