import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settle } from '../support/manual-clock.js';
import { openTestApi, passRequest, type TestApi } from '../support/local-api.js';
import { cases } from './support/budget.js';
import { assertNothingPolluted, toldOfInside } from './support/harm.js';
import { hostileRequests, type Hostile } from './support/hostile-requests.js';
import { recordedRequests } from './support/recorded-requests.js';

let server: TestApi;
beforeAll(async () => {
  server = await openTestApi({ maxBodyBytes: 200_000, sessionTimeoutMs: 2_147_483_647 });
});
afterAll(async () => {
  await server.close();
});

/** The answer; polls are held until time passes. */
async function answerTo({ method, target, body, contentType, headers }: Hostile): Promise<Response> {
  const progress: { answer?: Response | Error } = {};
  const all = { ...(contentType === undefined ? {} : { 'content-type': contentType }), ...headers };
  server.request(method, target, body, all).then(
    (answer) => (progress.answer = answer),
    (thrown: unknown) => (progress.answer = new Error('not answered', { cause: thrown })),
  );
  while (progress.answer === undefined) {
    await settle();
    if (target.includes('/retrieve_future')) server.clock.advance(server.api.options.pollHoldMs);
  }
  if (progress.answer instanceof Error) throw progress.answer;
  return progress.answer;
}

/** Says what is wrong with an answer. */
async function wrongWith(sent: Hostile): Promise<readonly string[]> {
  const logged = server.log.length;
  const answer = await answerTo(sent);
  const text = await answer.text();
  const wrong = toldOfInside(text, [server.api.options.dataDir]).map((told) => `tells ${told}`);
  if (answer.status >= 500) wrong.push(`answers ${answer.status}: ${text.slice(0, 200)}`);
  if (answer.status >= 400 && sent.method !== 'HEAD' && typeof detailOf(text) !== 'string') wrong.push(`refuses without a reason: ${text.slice(0, 200)}`);
  wrong.push(...server.log.slice(logged).filter((line) => line.startsWith('unexpected')));
  return wrong.map((said) => `${sent.method} ${sent.target.slice(0, 200)} ${sent.body?.toString().slice(0, 300) ?? ''} ${said}`);
}

function detailOf(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'detail' in parsed ? parsed.detail : undefined;
}

describe('the local server, asked in bad faith', () => {
  it('refuses with a reason, tells nothing of its inside, and goes on serving', async () => {
    const opened = await server.openModel();
    const requestId = await server.submit('/api/v1/forward_backward', passRequest(opened.modelId, 1));
    const recorded = await recordedRequests({ ...opened, requestId });
    expect(recorded.length).toBeGreaterThan(40);
    const wrong: string[] = [];
    for (const sent of cases(hostileRequests(recorded), 400)) {
      wrong.push(...(await wrongWith(sent)));
      server.api.faults.clear();
    }
    expect([...new Set(wrong)].slice(0, 5)).toEqual([]);
    assertNothingPolluted();
    const health = await server.request('GET', '/api/v1/healthz');
    expect(health.status).toBe(200);
    const again = await server.openModel(7);
    expect(await server.poll(await server.submit('/api/v1/forward_backward', passRequest(again.modelId, 1)))).toMatchObject({ status: 200, body: { loss_fn_output_type: 'ArrayRecord' } });
  });
});
