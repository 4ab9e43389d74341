import { describe, expect, it } from '@jest/globals';
import { fixedCredential } from '../../src/api/credential-source.js';
import type { TelemetrySendInput } from '../../src/machines/telemetry-messages.js';
import { Telemetry } from '../../src/telemetry/telemetry.js';
import { TinkerError } from '../../src/types/errors.js';
import { httpTo } from '../support/exchange.js';
import { broken, held, json, ScriptedServer } from '../support/scripted-server.js';
import { settle, simulatedEnvironment, type SimulatedEnvironment } from '../support/simulated.js';

const accepted = () => json({ status: 'accepted' });

/** Telemetry without a service: notes are made and batches sent by hand. */
function alone() {
  const server = new ScriptedServer();
  const wallNow: (() => number) | undefined = () => Date.UTC(2026, 0, 2);
  const environment: SimulatedEnvironment & { wallNow: (() => number) | undefined } = { ...simulatedEnvironment(), wallNow };
  const http = httpTo({ baseUrl: 'http://t.test', credentials: fixedCredential('tml-secret-key'), fetch: server.fetch });
  const telemetry = new Telemetry({ http: () => http, environment, hide: (text) => text, sessionId: () => undefined });
  const error = new TinkerError('connection', 'no answer');
  const note = (count: number) => {
    for (let iteration = 0; iteration < count; iteration += 1) {
      const input = { key: 'k', part: 0, requestId: 'r', iteration, allowMetadataOnly: true };
      telemetry.polled(input, { kind: 'unreachable', error, retryAfterMs: undefined, elapsedMs: 0, jitter: 0 });
    }
  };
  const send = (input: Partial<TelemetrySendInput> = {}, signal = new AbortController().signal) => telemetry.send({ isLast: false, ...input }, signal);
  const events = () =>
    server.to('telemetry').map(({ text }) => {
      const sent: { readonly events: readonly { readonly event_session_index: number; readonly timestamp: string }[] } = JSON.parse(text);
      return sent.events;
    });
  return { server, environment, telemetry, note, send, events };
}

describe('Telemetry', () => {
  it('sends at most a hundred events at once, oldest first', async () => {
    const { server, telemetry, note, send, events } = alone();
    server.times(3, 'telemetry', accepted);
    note(250);
    expect([await send(), await send(), await send(), await send()]).toEqual([
      { kind: 'accepted', waiting: 150 },
      { kind: 'accepted', waiting: 50 },
      { kind: 'accepted', waiting: 0 },
      { kind: 'accepted', waiting: 0 },
    ]);
    expect(events().map((batch) => batch.length)).toEqual([100, 100, 50]);
    expect(events().flat().map(({ event_session_index }) => event_session_index)).toEqual(Array.from({ length: 250 }, (_, index) => index));
    expect(events()[0]?.[0]).toMatchObject({ timestamp: '2026-01-02T00:00:00.000Z' });
    expect(telemetry.state).toEqual({ state: 'on', sent: 250, dropped: 0, waiting: 0 });
  });

  it("dates events by the machine's clock where the environment has no other", async () => {
    const { server, environment, note, send, events } = alone();
    environment.wallNow = undefined;
    server.next('telemetry', accepted);
    const before = Date.now();
    note(1);
    const after = Date.now();
    await send();
    const at = Date.parse(String(events()[0]?.[0]?.timestamp));
    expect([before <= at, at <= after]).toEqual([true, true]);
  });

  it('keeps ten thousand events and counts what it drops beyond', () => {
    const { telemetry, note } = alone();
    note(10_003);
    expect(telemetry.state).toEqual({ state: 'on', sent: 0, dropped: 3, waiting: 10_000 });
  });

  it('sends a batch again as the same request, and gives it up with the last attempt', async () => {
    const { server, telemetry, note, send } = alone();
    server.next('telemetry', () => json({ detail: 'busy' }, 503)).next('telemetry', () => json({ status: 'perhaps' })).next('telemetry', () => broken());
    note(2);
    expect(await send()).toEqual({ kind: 'failed', waiting: 2 });
    note(1);
    expect(await send()).toEqual({ kind: 'failed', waiting: 3 });
    expect(await send({ isLast: true })).toEqual({ kind: 'failed', waiting: 1 });
    expect(telemetry.state).toEqual({ state: 'on', sent: 0, dropped: 2, waiting: 1 });
    const requests = server.to('telemetry');
    expect(new Set(requests.map(({ text }) => text)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers.get('x-idempotency-key'))).size).toBe(1);
    expect(requests.map(({ headers }) => headers.get('x-stainless-retry-count'))).toEqual(['0', '1', '2']);
  });

  it('gives a batch up that the server refuses', async () => {
    const { server, telemetry, note, send } = alone();
    server.next('telemetry', () => json({ detail: 'severity' }, 422)).next('telemetry', accepted);
    note(101);
    expect(await send()).toEqual({ kind: 'refused', waiting: 1 });
    expect(await send()).toEqual({ kind: 'accepted', waiting: 0 });
    expect(telemetry.state).toEqual({ state: 'on', sent: 1, dropped: 100, waiting: 0 });
  });

  it.each([404, 405, 501])('falls silent where the server answers %i', async (status) => {
    const { server, telemetry, note, send } = alone();
    server.next('telemetry', () => json({ detail: 'Not Found' }, status));
    note(150);
    expect(await send()).toEqual({ kind: 'notOffered', waiting: 0 });
    note(5);
    await telemetry.end();
    expect(telemetry.state).toEqual({ state: 'notOffered', sent: 0, dropped: 150, waiting: 0 });
    expect(server.to('telemetry')).toHaveLength(1);
  });

  it('counts a batch once that an earlier attempt brings there late', async () => {
    const { server, telemetry, note, send } = alone();
    const slow = held();
    server.next('telemetry', slow.handler).next('telemetry', accepted);
    note(1);
    const first = send();
    await settle();
    expect(await send()).toEqual({ kind: 'accepted', waiting: 0 });
    slow.release(json({ status: 'accepted' }));
    expect(await first).toEqual({ kind: 'failed', waiting: 0 });
    expect(telemetry.state).toEqual({ state: 'on', sent: 1, dropped: 0, waiting: 0 });
  });
});

describe('Telemetry at the end', () => {
  it('sends all that is left, and takes no more', async () => {
    const { server, telemetry, note } = alone();
    server.times(2, 'telemetry', accepted);
    note(150);
    await telemetry.end();
    note(1);
    await telemetry.end();
    expect(telemetry.state).toEqual({ state: 'on', sent: 150, dropped: 0, waiting: 0 });
  });

  it('tries once', async () => {
    const { server, telemetry, note } = alone();
    server.next('telemetry', () => broken());
    note(150);
    await telemetry.end();
    expect(server.to('telemetry')).toHaveLength(1);
    expect(telemetry.state).toEqual({ state: 'on', sent: 0, dropped: 100, waiting: 50 });
  });

  it('takes a second at most', async () => {
    const { server, environment, telemetry, note } = alone();
    const slow = held();
    server.next('telemetry', slow.handler);
    note(150);
    const ending = telemetry.end();
    await settle();
    environment.clock.increment(1_000);
    await ending;
    expect(server.to('telemetry')).toHaveLength(1);
  });

  it('asks nothing of a server with nothing to say', async () => {
    const { server, telemetry } = alone();
    await telemetry.end();
    expect(server.requests).toEqual([]);
  });
});
