import { describe, expect, it } from '@jest/globals';
import { checkpointFacts } from '../../src/service/checkpoint-facts.js';
import { Stop } from '../../src/types/stop.js';
import { httpTo } from '../support/exchange.js';
import { json, ScriptedServer } from '../support/scripted-server.js';

const path = 'tinker://run/weights/a';

function factsFrom(server: ScriptedServer, of = path) {
  return checkpointFacts(httpTo({ fetch: server.fetch }), of, 'key', new Stop());
}

describe('checkpointFacts', () => {
  it('finds the checkpoint by its path among those of its run', async () => {
    const entry = { checkpoint_id: 'weights/a', checkpoint_type: 'training', time: '2026-01-01T00:00:00Z', public: false };
    const server = new ScriptedServer();
    server.next('training_runs/run/checkpoints', () =>
      json({ checkpoints: [{ ...entry, tinker_path: 'tinker://run/weights/b', size_bytes: 1 }, { ...entry, tinker_path: path, size_bytes: 2, expires_at: '1970-01-01T00:00:01Z' }] }),
    );
    expect(await factsFrom(server)).toEqual({ sizeBytes: 2, expiresAt: 1_000 });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it('asks nothing about what is no path of a checkpoint', async () => {
    const server = new ScriptedServer();
    expect(await factsFrom(server, 'elsewhere')).toBeUndefined();
    expect(server.requests).toEqual([]);
  });
});
