import { ServiceClient } from 'tinkerjs';
import { startLocalServer } from 'tinkerjs/server';

/**
 * A service to train with: the one that TINKER_BASE_URL and TINKER_API_KEY name, or else a local server that
 * lives as long as the program. The base model is TINKER_BASE_MODEL, or the smallest local one.
 */
export async function connect() {
  const server = process.env['TINKER_BASE_URL'] ? undefined : await startLocalServer();
  const service = new ServiceClient(server === undefined ? {} : { baseUrl: server.url, apiKey: server.apiKey });
  const close = async () => {
    await service.close();
    await server?.close();
  };
  return { service, baseModel: process.env['TINKER_BASE_MODEL'] ?? 'local/tiny', close };
}
