import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError } from 'commander';
import { TinkerError } from '../index.js';
import type { InspectionRecord } from '../inspection/records.js';
import { traceEvents } from '../inspection/trace-export.js';
import { loadRecording, type LoadedRecording } from '../inspector/load-recording.js';
import { servePast } from '../inspector/serve-recording.js';
import { summaryOf } from '../inspector/summary.js';

interface InspectFlags {
  readonly port?: number;
  readonly json?: boolean;
  readonly export?: string;
}

const mebibyte = 1024 * 1024;
/** Room for all that a recording holds by default. */
const mostInPage = 256 * mebibyte;
/** Programs want all of it. */
const mostInExport = 1024 * mebibyte;
/** Below this, reading takes no time worth a bar. */
const largeBytes = 8 * mebibyte;

/** `tinkerjs inspect FILE`: shows what a program recorded. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('show a recording of a program in the inspector, until Ctrl-C')
    .argument('<file>', 'what inspect: { file } wrote; the older FILE.1, FILE.2, … are read along')
    .option('--port <number>', 'port of the page; 0 takes any free one (default: 8472, or any free one where that is taken)', toPort)
    .option('--json', 'print what it holds in short, as JSON, and end')
    .option('--export <trace>', 'write a trace for ui.perfetto.dev or the Performance panel of Chrome, and end')
    .action(inspect);
}

async function inspect(file: string, flags: InspectFlags): Promise<void> {
  try {
    const isForPrograms = flags.json === true || flags.export !== undefined;
    const loaded = await loadWithBar(file, isForPrograms ? mostInExport : mostInPage);
    if (flags.export !== undefined) await exportTrace(loaded, flags.export);
    if (flags.json === true) console.log(JSON.stringify(summaryOf(loaded), undefined, 2));
    if (!isForPrograms) await show(loaded, flags.port);
  } catch (thrown) {
    console.error(`tinkerjs inspect: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    process.exitCode = thrown instanceof TinkerError && thrown.kind === 'validation' ? 2 : 1;
  }
}

/** What is wrong with the recording goes to stderr, where it is in nobody's way. */
async function loadWithBar(file: string, maxBytes: number): Promise<LoadedRecording> {
  let bar: SingleBar | undefined;
  const onProgress = (bytes: number, all: number): void => {
    if (all < largeBytes || !process.stderr.isTTY) return;
    bar ??= startedBar(all);
    bar.update(bytes, { read: inMebibytes(bytes) });
  };
  const loaded = await loadRecording(file, maxBytes, onProgress).finally(() => bar?.stop());
  for (const sentence of loaded.recording.damage) console.error(`tinkerjs inspect: ${sentence}`);
  const { records, operations } = loaded.history.dropped;
  if (records > 0) console.error(`tinkerjs inspect: the recording is too large to be held: the oldest ${records} records are left out, ${operations} operations among them.`);
  return loaded;
}

function startedBar(all: number): SingleBar {
  const bar = new SingleBar({ stream: process.stderr, format: `reading {bar} {read} of ${inMebibytes(all)} MiB`, hideCursor: true, clearOnComplete: true });
  bar.start(all, 0, { read: '0' });
  return bar;
}

function inMebibytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(0);
}

async function show({ recording, history }: LoadedRecording, port: number | undefined): Promise<void> {
  const page = await servePast(recording, history, { ...(port !== undefined && { port }), log: (line) => console.log(`${line} (Ctrl-C ends)`) });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void page.close();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function exportTrace({ recording, history }: LoadedRecording, to: string): Promise<void> {
  const path = resolve(to);
  if (recording.files.includes(path)) throw new TinkerError('validation', `--export: ${to} is a file of the recording itself; name another.`, { field: 'export' });
  await pipeline(Readable.from(traceText(history.records())), createWriteStream(path));
  console.error(`tinkerjs inspect: wrote ${to}; open it at https://ui.perfetto.dev, or in the Performance panel of Chrome's DevTools (Load profile).`);
}

/** In pieces that are worth writing. */
function* traceText(records: Iterable<InspectionRecord>): Generator<string> {
  let text = '{"traceEvents":[';
  let separator = '\n';
  for (const event of traceEvents(records)) {
    text += separator + JSON.stringify(event);
    separator = ',\n';
    if (text.length < 65_536) continue;
    yield text;
    text = '';
  }
  yield `${text}\n]}\n`;
}

function toPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('expected a whole number from 0 to 65535');
}
