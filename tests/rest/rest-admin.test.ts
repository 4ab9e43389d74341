import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { scriptedRest } from '../support/rest.js';
import { broken, json } from '../support/scripted-server.js';

const path = 'tinker://r/weights/a';
const checkpoint = 'training_runs/r/checkpoints/weights/a';
const gone = () => json({ detail: 'Checkpoint not found' }, 404);

describe('deleting a checkpoint', () => {
  it('says when an attempt without an answer may have deleted it', async () => {
    const { rest, server, settled } = scriptedRest();
    server.next(checkpoint, () => broken()).next(checkpoint, gone);
    expect(await rejection(settled(rest.deleteCheckpoint('r', 'weights/a')))).toMatchObject({
      kind: 'http',
      status: 404,
      attempts: 2,
      message:
        `/api/v1/${checkpoint}: the server answered 404: Checkpoint not found. An earlier attempt of this call got no usable answer, ` +
        'so that one may have deleted the checkpoint; listCheckpoints shows what is there',
    });
  });

  it('says no such thing when the first attempt was answered', async () => {
    const { rest, server } = scriptedRest();
    server.next(checkpoint, gone);
    expect(await rejection(rest.deleteCheckpointFromTinkerPath(path))).toMatchObject({
      status: 404,
      message: `/api/v1/${checkpoint}: the server answered 404: Checkpoint not found`,
    });
  });

  it('is done when a later attempt is answered well', async () => {
    const { rest, server, settled } = scriptedRest();
    server.next(checkpoint, () => json({}, 503)).next(checkpoint, () => new Response(null, { status: 204 }));
    await expect(settled(rest.deleteCheckpointFromTinkerPath(path))).resolves.toBeUndefined();
  });
});

describe.each([
  ['publishing', 'publishCheckpointFromTinkerPath' as const, 'already public'],
  ['unpublishing', 'unpublishCheckpointFromTinkerPath' as const, 'already private'],
])('%s a checkpoint', (_, call, already) => {
  const refusal = () => json({ detail: already }, 409);

  it('rejects when it is so already', async () => {
    const { rest, server } = scriptedRest();
    server.next(`${checkpoint}/publish`, refusal);
    expect(await rejection(rest[call](path))).toMatchObject({ kind: 'http', status: 409 });
  });

  it('is done when it is so after an attempt without an answer', async () => {
    const { rest, server, settled } = scriptedRest();
    server.next(`${checkpoint}/publish`, () => broken()).next(`${checkpoint}/publish`, refusal);
    await expect(settled(rest[call](path))).resolves.toBeUndefined();
  });
});
