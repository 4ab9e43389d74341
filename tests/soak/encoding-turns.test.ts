import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ModelInput, type Datum } from '../../src/index.js';
import type { PassEncoding } from '../../src/wire/pass-dialects.js';
import { scriptedTraining } from '../support/clients.js';

const heartbeatMs = 10_000;
// So that no attempt is over before it is written.
const hours = 1_000_000_000;
const clientLimits = { fwdbwd_max_chunk_len: 1024, fwdbwd_max_chunk_bytes_count: 5_000_000 };

/** A datum of about 16 bytes for each token in protobuf, and as many numbers in JSON. */
function datum(tokens: number): Datum {
  const lossFnInputs = { target_tokens: new Int32Array(tokens), weights: new Float32Array(tokens).fill(0.5) };
  return { modelInput: ModelInput.fromInts(new Int32Array(tokens)), lossFnInputs };
}

/** Sends data while ten simulated seconds pass in every turn of the event loop; gives how many heartbeats arrive before them. */
async function beatsBefore(encoding: PassEncoding, data: readonly Datum[]): Promise<number> {
  const { server, environment, service, training } = await scriptedTraining({ encoding, timeoutMs: hours, requestDeadlineMs: hours }, clientLimits);
  const before = server.requests.length;
  const pass = training.forwardBackward(data, 'cross_entropy');
  for (let turn = 0; turn < 10_000 && server.to('forward_backward').length === 0; turn += 1) {
    environment.clock.increment(heartbeatMs);
    await nextTurn();
  }
  const arrived = server.requests.slice(before).map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  await pass;
  await service.close();
  return arrived.slice(0, arrived.indexOf('forward_backward')).filter((endpoint) => endpoint === 'session_heartbeat').length;
}

describe('a client that writes a large pass', () => {
  const large = 1_000_000;
  it.each<[PassEncoding, number]>([
    ['json', (3 * large) / 16_384 / 10],
    ['protobuf', (20 * large) / 1_048_576 / 10],
  ])('goes on with its heartbeats meanwhile, in %s', async (encoding, least) => {
    expect(await beatsBefore(encoding, [datum(large)])).toBeGreaterThanOrEqual(least);
  });

  it('keeps the chunks of a pass in order, and each whole', async () => {
    const { server, service, training } = await scriptedTraining({ encoding: 'json' }, { ...clientLimits, parallel_fwdbwd_chunks: true });
    const pass = training.forwardBackward(Array.from({ length: 3 }, () => datum(300_000)), 'cross_entropy');
    await pass;
    const sent = server.to('forward_backward').map(({ body }) => body);
    expect(sent.map(({ seq_id: seqId }) => seqId)).toEqual([2, 3, 1]);
    const numbersIn = (body: unknown): number => JSON.stringify(body).split(',').length;
    expect(new Set(sent.map(numbersIn)).size).toBe(1);
    await service.close();
  });
});
