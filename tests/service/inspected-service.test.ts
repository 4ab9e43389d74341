import { describe, expect, it } from '@jest/globals';
import { resolveConfig } from '../../src/config.js';
import { Runtime } from '../../src/service/runtime.js';
import { TinkerError } from '../../src/types/errors.js';
import { Gathered } from '../support/inspection/gathered.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { simulatedEnvironment } from '../support/simulated.js';

const secret = 'not-to-be-shown';
const error = new TinkerError('http', `refused ${secret}`, { status: 503 });
const attempt = { key: 'o', part: 0, kind: 'optimStep', seqId: 1, retryCount: 0 };
const poll = { key: 'o', part: 0, requestId: 'r', iteration: 0, allowMetadataOnly: true };

/** What is told of one operation that its parts report. */
function watched() {
  const [environment, watcher] = [simulatedEnvironment(), new Gathered()];
  const { fetch } = new ScriptedServer();
  const runtime = new Runtime(resolveConfig({ baseUrl: 'http://scripted.test', apiKey: 'tml-key', fetch, environment, inspect: watcher }));
  const { inspected } = runtime;
  if (inspected === undefined) throw new Error('nobody watches');
  runtime.secrets.add(secret, 'secret');
  const watch = inspected.watchOf('training', 'm');
  watch.called('o', 'optimStep', { bytes: 1, parts: 1 });
  const told = (ms: number) => {
    environment.clock.increment(ms);
    return watcher.operation('optimStep');
  };
  return { runtime, watcher, watch, port: inspected.port, told };
}

describe('a service that is watched', () => {
  it('hides secrets in every text that its parts report, wherever it comes from', async () => {
    const { runtime, watcher, watch, port, told } = watched();
    port.attempting(attempt);
    port.attemptFailed(attempt, { kind: 'failed', error, verdict: 'transient', mayBeTaken: false, retryAfterMs: undefined, elapsedMs: 0, jitter: 0 });
    port.attempting({ ...attempt, retryCount: 1 });
    port.polled(poll, { kind: 'unreachable', error, jitter: 0, elapsedMs: 0, retryAfterMs: undefined });
    watch.askedAnew('o', error);
    watch.queueState('o', 'paused', 'paused_capacity', `full ${secret}`);
    watch.failed('o', error);
    expect(told(100)).toMatchObject({
      marks: [
        { name: 'sent again', why: 'refused [secret]' },
        { name: 'poll failed', why: 'refused [secret]' },
        { name: 'asked anew', why: 'refused [secret]' },
      ],
      reason: 'full [secret]',
      error: { message: 'refused [secret]' },
    });
    expect(watcher.all('error')).toMatchObject([{ message: 'refused [secret]', operation: 'o', client: 'm' }]);
    await runtime.close();
    expect(JSON.stringify(watcher.told).includes(secret)).toBe(false);
  });

  it('tells soon of each step that is reported, though nothing else happens', async () => {
    const { runtime, watch, port, told } = watched();
    const last = (ms: number) => {
      const { status, phases, marks } = told(ms);
      return `${status} ${String(phases.at(-1)?.name)} ${marks.length}`;
    };
    const steps: [() => void, string][] = [
      [() => undefined, 'queued queued 0'],
      [() => port.attempting(attempt), 'queued encoding 0'],
      [() => port.bodyWritten('o'), 'queued sending 0'],
      [() => watch.sending('o', [1], 0), 'sending sending 0'],
      [() => watch.accepted('o', 'r'), 'polling waiting 0'],
      [() => port.pollUnanswered(poll), 'polling waiting 1'],
      [() => watch.queueState('o', 'paused', 'x', undefined), 'paused paused 1'],
      [() => port.computing('o'), 'paused encoding 1'],
      [() => watch.askedAnew('o', error), 'queued queued 2'],
      [() => watch.forgotten('o'), 'cancelled queued 2'],
    ];
    for (const [report, expected] of steps) {
      report();
      expect(last(100)).toBe(expected);
    }
    await runtime.close();
  });
});
