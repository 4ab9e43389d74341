/**
 * Reads HTTP/1.1 requests off a connection: only what the stub needs to choose an answer. Bodies are
 * counted, not kept; their first bytes say what is asked for.
 */

/**
 * @typedef {object} StubRequest
 * @property {string} path
 * @property {Buffer} prefix the first bytes of the body
 * @property {number} bodyBytes
 * @property {boolean} closes the client wants the connection closed after the answer
 */

const headEnd = Buffer.from('\r\n\r\n');
const prefixBytes = 256;
const none = Buffer.alloc(0);

export class RequestReader {
  /** @type {(request: StubRequest) => void} */
  #onRequest;
  /** @type {() => void} */
  #onExpect;
  /** @type {Buffer} */
  #kept = none;
  /** @type {Buffer} */
  #prefix = none;
  #path = '';
  #closes = false;
  #bodyBytes = 0;
  /** How many bytes of the body, or of its present chunk, are to come; undefined while a head is read. */
  /** @type {number | undefined} */
  #left;
  #chunked = false;

  /**
   * @param {(request: StubRequest) => void} onRequest
   * @param {() => void} onExpect the client waits for leave to send its body
   */
  constructor(onRequest, onExpect) {
    this.#onRequest = onRequest;
    this.#onExpect = onExpect;
  }

  /** @param {Buffer} arrived */
  take(arrived) {
    let data = this.#kept.length === 0 ? arrived : Buffer.concat([this.#kept, arrived]);
    this.#kept = none;
    while (data.length > 0) {
      const used = this.#left === undefined ? this.#head(data) : this.#left > 0 ? this.#body(data) : this.#chunkSize(data);
      if (used === 0) {
        this.#kept = data;
        return;
      }
      data = data.subarray(used);
    }
  }

  /** @param {Buffer} data @returns {number} bytes used, 0 when more have to come */
  #head(data) {
    const end = data.indexOf(headEnd);
    if (end === -1) return 0;
    const head = data.toString('latin1', 0, end + 2);
    const pathAt = head.indexOf(' ') + 1;
    this.#path = head.slice(pathAt, head.indexOf(' ', pathAt));
    const lower = head.toLowerCase();
    this.#closes = lower.includes('\r\nconnection: close\r\n');
    this.#chunked = lower.includes('\r\ntransfer-encoding: chunked\r\n');
    const lengthAt = lower.indexOf('\r\ncontent-length:');
    this.#left = lengthAt === -1 ? 0 : Number.parseInt(lower.slice(lengthAt + 17), 10);
    this.#bodyBytes = 0;
    this.#prefix = none;
    if (lower.includes('\r\nexpect: 100-continue\r\n')) this.#onExpect();
    if (this.#left === 0 && !this.#chunked) this.#end();
    return end + 4;
  }

  /** @param {Buffer} data */
  #body(data) {
    const left = this.#left ?? 0;
    const used = Math.min(left, data.length);
    if (this.#prefix.length < prefixBytes) {
      // Copied, since what arrived in one read holds 64 KiB.
      this.#prefix = Buffer.concat([this.#prefix, data.subarray(0, Math.min(used, prefixBytes - this.#prefix.length))]);
    }
    this.#bodyBytes += used;
    this.#left = left - used;
    if (this.#left === 0 && !this.#chunked) this.#end();
    return used;
  }

  /** @param {Buffer} data at the line that tells the size of the next chunk, or at the line end before it */
  #chunkSize(data) {
    const from = data[0] === 13 ? 2 : 0;
    const end = data.indexOf('\r\n', from, 'latin1');
    if (end === -1) return 0;
    const size = Number.parseInt(data.toString('latin1', from, end), 16);
    if (size > 0) {
      this.#left = size;
      return end + 2;
    }
    if (data.length < end + 4) return 0;
    this.#end();
    return end + 4;
  }

  #end() {
    this.#left = undefined;
    this.#chunked = false;
    this.#onRequest({ path: this.#path, prefix: this.#prefix, bodyBytes: this.#bodyBytes, closes: this.#closes });
  }
}
