import { expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { ServiceClient } from '../../src/index.js';
import { settle } from '../support/machines.js';

it('ends its connections with the service', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json').end(request.url === '/api/v1/create_session' ? '{"session_id":"S"}' : '{"supported_models":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  const service = new ServiceClient({ baseUrl: `http://127.0.0.1:${address.port}`, apiKey: 'tml-key' });
  await service.getServerCapabilities();
  expect(await open()).toBeGreaterThan(0);
  await service.close();
  // The server hears of it a moment later; without an end it would wait for its own time limit, seconds away.
  for (let turn = 0; turn < 300 && (await open()) > 0; turn += 1) await settle();
  expect(await open()).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});
