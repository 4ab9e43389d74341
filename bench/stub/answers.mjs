/**
 * The answers of the stub server, written once as whole HTTP responses. The protobuf of results is written
 * by hand, so that the stub depends on none of the clients that it measures.
 */

/**
 * @param {string} contentType
 * @param {Uint8Array} body
 * @param {string} [status]
 */
export function response(contentType, body, status = '200 OK') {
  const head = Buffer.from(`HTTP/1.1 ${status}\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, body]);
}

/** @param {unknown} value @param {string} [status] */
export function json(value, status) {
  return response('application/json', Buffer.from(JSON.stringify(value)), status);
}

/** @param {Uint8Array} body */
export function protobuf(body) {
  return response('application/x-protobuf', body);
}

/** @param {number} value */
function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** @param {number} field @param {number} value */
function number(field, value) {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** @param {number} field @param {...Uint8Array} parts */
function bytes(field, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

/** @param {ArrayBufferView} array */
function raw(array) {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

const values = Float32Array.from({ length: 64 }, (_, at) => -0.25 - at / 32);

/** @param {number} count */
function logprobs(count) {
  return Buffer.alloc(count * 4, raw(values));
}

const float32 = 1;

/**
 * A `ForwardBackwardOutput`: one log-probability per token (wire protocol §5.4).
 * @param {number} datums
 * @param {number} tokens of each datum
 */
export function passResult(datums, tokens) {
  const offsets = BigInt64Array.from({ length: datums + 1 }, (_, at) => BigInt(at * tokens * 4));
  const tensor = [bytes(1, logprobs(datums * tokens)), bytes(2, raw(offsets)), number(3, float32)];
  const field = bytes(2, bytes(1, Buffer.from('logprobs')), bytes(2, ...tensor));
  const loss = Buffer.alloc(9);
  loss[0] = 2 * 8 + 1;
  loss.writeDoubleLE(datums * tokens, 1);
  return Buffer.concat([
    bytes(1, Buffer.from('ArrayRecord')),
    bytes(2, field, number(3, datums)),
    bytes(3, bytes(1, Buffer.from('loss:sum')), loss),
  ]);
}

const stoppedByLength = 1;

/**
 * A `SampleResponse` of one sequence (wire protocol §5.5).
 * @param {number} tokens
 */
export function sampleResult(tokens) {
  const ids = Int32Array.from({ length: tokens }, (_, at) => (at * 7919) % 32000);
  return bytes(1, number(1, stoppedByLength), bytes(2, raw(ids)), bytes(3, logprobs(tokens)));
}
