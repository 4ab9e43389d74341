import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { World } from '../support/journaled-service.js';
import { advanceUntil } from '../support/simulated.js';

describe('a call that waits for the session', () => {
  it('says so when its time is over', async () => {
    const world = new World();
    world.server.next('create_session', () => new Promise<Response>(() => undefined));
    const { service, environment } = world.service();
    const error = await rejection(advanceUntil(environment, service.createLoraTrainingClient({ baseModel: 'base', rank: 8, timeoutMs: 1_000 })));
    expect(error).toMatchObject({ kind: 'timeout', attempts: 1 });
    expect(String(error)).toMatch(/createSession|session/);
  });
});
