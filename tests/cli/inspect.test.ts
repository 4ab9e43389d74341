import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, eventsOf } from '../inspector/event-stream.js';
import { madeRecords, madeStart, madeTraining } from '../support/inspection/made-records.js';
import { header, recordingFiles, recordingText } from '../inspector/recording-files.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const records = madeRecords({ operations: 400, closed: true });

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tinkerjs inspect`; once it printed an address, looks at it and ends it by the signal. */
async function inspect(args: readonly string[], look?: (url: string) => Promise<void>, signal: NodeJS.Signals = 'SIGINT'): Promise<Outcome> {
  const child = spawn(process.execPath, [command, 'inspect', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let looking: Promise<void> | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const url = /http:\/\/\S+/.exec(stdout)?.[0];
    if (url === undefined || look === undefined) return;
    looking ??= look(url).finally(() => child.kill(signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  await looking;
  return { code: child.exitCode, stdout, stderr };
}

describe('tinkerjs inspect', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('serves the page of a recording until %s', async (signal) => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(records) });
    const told: unknown[] = [];
    let port = '';
    const { code, stdout, stderr } = await inspect(
      [file, '--port', '0'],
      async (url) => {
        ({ port } = new URL(url));
        const next = eventsOf(await ask(`${url}/api/stream`));
        told.push((await next())?.data, (await next())?.data);
      },
      signal,
    );
    expect(stdout).toBe(`tinkerjs inspector: http://127.0.0.1:${port} shows run.jsonl (Ctrl-C ends)\n`);
    expect([code, stderr]).toEqual([0, '']);
    expect(told[0]).toMatchObject({ source: 'file', file: 'run.jsonl', control: false });
    expect(told[1]).toEqual(records.slice(0, 500));
  });

  it('sums a recording up in JSON', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(records) });
    const { code, stdout, stderr } = await inspect([file, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const summary: unknown = JSON.parse(stdout);
    const operations = records.filter((record) => record.type === 'operation');
    const passes = operations.filter(({ kind }) => kind === 'forwardBackward');
    const training = records.find((record) => record.type === 'training');
    const checkpoints = records.filter((record) => record.type === 'checkpoint');
    expect(summary).toMatchObject({
      file: 'run.jsonl',
      files: 1,
      damage: [],
      dropped: { records: 0, operations: 0 },
      services: [
        {
          service: 'service-1',
          from: madeStart,
          isClosed: true,
          operations: {
            forwardBackward: {
              done: passes.filter(({ status }) => status === 'done').length,
              failed: passes.filter(({ status }) => status === 'failed').length,
              cancelled: 0,
              open: 0,
            },
          },
          trainings: { [madeTraining]: { optimSteps: training?.optimSteps, state: 'stopped' } },
          checkpoints: checkpoints.map(({ key, step }) => ({ path: key, step })),
          errors: records.filter((record) => record.type === 'error').map(({ message, advice }) => ({ message, advice })),
        },
      ],
    });
    expect(checkpoints.length).toBeGreaterThan(0);
    const [service] = (summary as { services: { from: number; to: number; time: Record<string, number>; metrics: { kind: string; step: number }[] }[] }).services;
    const spent = Object.values(service?.time ?? {}).reduce((sum, ms) => sum + ms, 0);
    expect(spent).toBeCloseTo((service?.to ?? 0) - (service?.from ?? 0), 6);
    const steps = records.filter((record) => record.type === 'metrics').filter(({ kind }) => kind === 'optimStep').map(({ step }) => step);
    expect(service?.metrics.find(({ kind }) => kind === 'optimStep')?.step).toBe(Math.max(...steps));
  });

  it('writes a trace', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(records) });
    const trace = join(dirname(file), 'trace.json');
    const { code, stdout, stderr } = await inspect([file, '--export', trace]);
    expect([code, stdout, stderr]).toEqual([0, '', `tinkerjs inspect: wrote ${trace}; open it at https://ui.perfetto.dev, or in the Performance panel of Chrome's DevTools (Load profile).\n`]);
    const { traceEvents }: { traceEvents: { ph: string; ts: number }[] } = JSON.parse(await readFile(trace, 'utf8'));
    expect(traceEvents.length).toBeGreaterThan(400);
    expect(traceEvents.every(({ ph, ts }) => ph !== '' && Number.isFinite(ts))).toBe(true);
  });

  it('does not write a trace over the recording', async () => {
    const text = recordingText(records);
    const file = await recordingFiles({ 'run.jsonl': text });
    const { code, stderr } = await inspect([file, '--export', file]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a file of the recording itself; name another.')]);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('exits with 1 where the trace cannot be written', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(records) });
    const { code, stderr } = await inspect([file, '--export', join(dirname(file), 'missing', 'trace.json')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
  });

  it('says what is damaged, and sums up the rest', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(records.slice(50)), 'run.jsonl.1': `${recordingText(records.slice(0, 50))}garbage\n{}\n` });
    await appendFile(file, '{"type":"oper');
    const { code, stdout, stderr } = await inspect([file, '--json']);
    expect(code).toBe(0);
    const damage = [
      '2 lines of run.jsonl.1 are damaged and were skipped: 52, 53.',
      'The last line of run.jsonl is torn: the program ended while it was written.',
    ];
    expect(stderr).toBe(damage.map((sentence) => `tinkerjs inspect: ${sentence}\n`).join(''));
    expect(JSON.parse(stdout)).toMatchObject({ files: 2, damage });
  });

  it.each([
    ['', 'is empty: nothing was recorded.'],
    ['{}\n', 'is not a recording of tinkerjs'],
    [recordingText([], { ...header, version: 7 }), 'was recorded by a newer tinkerjs (format 7'],
  ])('exits with 2 for a file with %j', async (text, message) => {
    const file = await recordingFiles({ 'run.jsonl': text });
    const { code, stdout, stderr } = await inspect([file]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^tinkerjs inspect: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  it.each([
    [[], "missing required argument 'file'"],
    [['nowhere.jsonl'], 'cannot be read: ENOENT'],
    [['run.jsonl', '--port', '70000'], 'expected a whole number from 0 to 65535'],
  ])('exits with 2 for %j', async (args, message) => {
    const { code, stderr } = await inspect(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('exits with 1 where the port is taken', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(records) });
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const address = occupant.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stdout, stderr } = await inspect([file, '--port', String(port)]);
    occupant.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`Port ${port ?? ''} on 127.0.0.1 is in use.`);
  });
});
