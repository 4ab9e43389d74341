import { describe, expect, it, jest } from '@jest/globals';
import { logprobBits, liveService, train } from '../support/live-training.js';
import { withLocalServer } from '../support/local-server.js';

// Real training on whatever machine this is; none of these tests waits for time to pass.
jest.setTimeout(120_000);

/** What was sent where, each once: endpoint, content type, encoding, kind of credential, and the type of the answer. */
async function trained(args: readonly string[]): Promise<{ losses: readonly number[]; logprobs: string; sent: ReadonlySet<string> }> {
  const sent = new Set<string>();
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const answer = await globalThis.fetch(request);
    const about = ['content-type', 'content-encoding'].flatMap((name) => request.headers.get(name) ?? []);
    const credential = request.headers.get('x-api-key')?.slice(0, 3);
    sent.add([new URL(request.url).pathname.slice('/api/v1/'.length), ...about, credential, answer.status, answer.headers.get('content-type')].join(' '));
    return answer;
  };
  return await withLocalServer(
    async (server) => {
      await using service = liveService(server, { fetch });
      const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
      return { losses: await train(training, 0, 2), logprobs: await logprobBits(training), sent };
    },
    { args },
  );
}

describe('a client and the server in each form of the protocol', () => {
  it('train the same to the last bit, in protobuf, compressed, with tokens, and in JSON', async () => {
    const protobuf = await trained([]);
    const compressed = await trained(['--jwt', '--client-config', '{"protoCompressFwdbwd":true}']);
    const json = await trained(['--json-only']);

    expect(protobuf.sent).toContain('forward_backward application/x-protobuf tml 200 application/json');
    expect(protobuf.sent).toContain('retrieve_future application/json tml 200 application/x-protobuf');
    expect([...compressed.sent].filter((one) => /^forward_backward application\/x-protobuf (zstd )?eyJ 200 /.test(one))).toHaveLength(1);
    expect(compressed.sent).toContain('auth/token application/json tml 200 application/json');
    expect(json.sent).toContain('forward_backward application/x-protobuf tml 415 application/json');
    expect(json.sent).toContain('forward_backward application/json tml 200 application/json');
    expect([...json.sent].filter((one) => one.endsWith('protobuf'))).toEqual([]);

    expect(protobuf.losses.every(Number.isFinite)).toBe(true);
    expect([compressed.losses, compressed.logprobs]).toEqual([protobuf.losses, protobuf.logprobs]);
    expect([json.losses, json.logprobs]).toEqual([protobuf.losses, protobuf.logprobs]);
  });
});
