import { describe, expect, it } from '@jest/globals';
import { ServicePicture } from '../../src/service/service-picture.js';

describe('ServicePicture', () => {
  it('tells the same moment of a billing pause, though a clock goes on while it is read', () => {
    let time = 1_000;
    let pausedAt: number | undefined = 1_000.4;
    const now = () => (time += 0.3);
    const session = { state: 'beating', sessionId: 'S', silentMs: 0 } as const;
    const picture = new ServicePicture({
      id: 's', baseUrl: 'http://scripted.test', now,
      snapshot: () => ({ session, billingPausedMs: pausedAt === undefined ? undefined : now() - pausedAt, trainingClients: 0, samplingClients: 0 }),
    });
    const told = () => picture.record().billingPausedAt;
    const first = told();
    expect(first).toBe(1_000);
    pausedAt = 999.3;
    expect(told()).toBe(first);
    pausedAt = 1_005;
    expect(told()).toBe(1_005);
    pausedAt = undefined;
    expect(picture.record()).not.toHaveProperty('billingPausedAt');
  });
});
