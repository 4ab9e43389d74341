import type { Transport, TransportReply, TransportRequest } from '../../src/api/transport.js';

let network: Transport | undefined;

/** What the services of the schedule that runs now are connected by. */
export function connect(transport: Transport | undefined): void {
  network = transport;
}

/** Stands where the client has its sockets. */
export class UndiciTransport implements Transport {
  readonly headers = { 'accept-encoding': 'gzip, deflate, br' };
  readonly #network = network;

  send(request: TransportRequest): Promise<TransportReply> {
    return this.#network?.send(request) ?? Promise.reject(new Error('there is no network outside of a schedule'));
  }

  close(): Promise<void> {
    return this.#network?.close() ?? Promise.resolve();
  }
}
