import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Something that happens to a connection once so many bytes have gone one way, counted over all connections.
 * @typedef {object} Cut
 * @property {'up' | 'down'} direction `up`: from the client to the server
 * @property {number} afterBytes
 * @property {'reset' | 'end' | 'stall' | 'silence'} does `stall`: nothing goes that way for `ms`; `silence`: nothing ever again
 * @property {number} ms
 */

/** Passes connections on to a server, and breaks them in the middle of what is said, not only between requests. */
export class Proxy {
  #server = createServer((client) => this.#join(client));
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #target = 0;
  /** @type {(Cut & { met: boolean })[]} */
  #cuts = [];
  #passed = { up: 0, down: 0 };

  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url() {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  /** @param {string} url of the server */
  leadTo(url) {
    this.#target = Number(new URL(url).port);
  }

  /** Begins to count anew. @param {readonly Cut[]} cuts */
  plan(cuts) {
    this.#cuts = cuts.map((cut) => ({ ...cut, met: false }));
    this.#passed = { up: 0, down: 0 };
  }

  /** Which of the cuts came about, in their order. */
  met() {
    return this.#cuts.map(({ met }) => Number(met));
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {import('node:net').Socket} client */
  #join(client) {
    const server = connect(this.#target, '127.0.0.1');
    for (const [one, other] of /** @type {const} */ ([[client, server], [server, client]])) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.on('end', () => other.end());
    }
    client.on('data', (bytes) => this.#pass('up', bytes, client, server));
    server.on('data', (bytes) => this.#pass('down', bytes, server, client));
  }

  /** @param {'up' | 'down'} direction @param {Buffer} bytes @param {import('node:net').Socket} from @param {import('node:net').Socket} to */
  #pass(direction, bytes, from, to) {
    const before = this.#passed[direction];
    this.#passed[direction] += bytes.length;
    const cut = this.#cuts.find((one) => !one.met && one.direction === direction && one.afterBytes < this.#passed[direction]);
    if (cut === undefined) {
      to.write(bytes);
      return;
    }
    cut.met = true;
    const at = Math.max(0, cut.afterBytes - before);
    to.write(bytes.subarray(0, at));
    if (cut.does === 'reset') to.resetAndDestroy();
    if (cut.does === 'end') to.end();
    if (cut.does === 'reset' || cut.does === 'end') {
      from.destroy();
      return;
    }
    from.pause();
    if (cut.does === 'silence') return;
    setTimeout(() => {
      to.write(bytes.subarray(at));
      from.resume();
    }, cut.ms);
  }
}
