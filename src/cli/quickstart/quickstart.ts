import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { TinkerError } from '../../index.js';
import { Children } from './child.js';
import { planFor } from './curves.js';
import { launcherOf, type Address } from './launcher.js';
import { batchShape, defaultModel, type QuickstartOptions } from './options.js';
import { paint, wantsColor } from '../paint.js';
import { modelAt } from '../base-model.js';
import { describeExperiment, jsonReport, textReport, type Files } from './report.js';
import { runExperiment, type Experiment } from './run.js';
import { plainScreen, silentScreen, terminalScreen, type Screen } from './screen.js';
import { renderSvg } from './svg.js';
import { judge } from './verdict.js';
import { prepareWorkspace } from './workspace.js';

// The width of a page that is no terminal.
const plainColumns = 80;

// What the client refuses without asking the server was wrong on the command line already.
const usageError = 2;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the quickstart and returns the exit code: 0 when the verdict holds, 2 for a bad option, else 1. */
export async function runQuickstart(options: QuickstartOptions): Promise<number> {
  const color = wantsColor(process.stdout, process.env);
  const screen = screenFor(options.json, color);
  const children = new Children();
  const stop = (signal: NodeJS.Signals): void => {
    screen.close();
    children.killAll();
    // The listener is gone by now: this ends us the way the signal would have.
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.once(signal, stop);
  try {
    return await quickstart(options, screen, children, color);
  } catch (error) {
    screen.close();
    console.error(`quickstart failed: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof TinkerError && error.kind === 'validation' ? usageError : 1;
  } finally {
    children.killAll();
    for (const signal of signals) process.removeListener(signal, stop);
  }
}

async function quickstart(options: QuickstartOptions, screen: Screen, children: Children, color: boolean): Promise<number> {
  const remote = remoteOf(options);
  const baseModel = remote === undefined ? options.model ?? defaultModel : await modelAt(remote, options.model, { url: '--url', model: '--model' });
  const { steps, rank, seed, learningRate } = options;
  const experiment: Experiment = { baseModel, steps, rank, seed, learningRate, text: resolve(options.text), ...batchShape };
  const settings = describeExperiment(experiment);
  const killed = remote === undefined ? 'trainer and server' : 'trainer';

  const { saveAfter } = planFor(steps);
  screen.say(`Trains a LoRA on ${basename(options.text)}, saves it after step ${saveAfter},\n`
    + `kills the ${killed} with SIGKILL, resumes, and compares the losses.\n${settings}\n`);
  if (remote !== undefined) {
    screen.say(`The server is ${remote.url}: not ours, so only the trainer is killed.\n`
      + "The text's bytes are used as token ids. They are valid in practically every\n"
      + 'vocabulary, but only the local models read them as text.\n');
  }

  const workspace = await prepareWorkspace(resolve(options.out));
  const measured = await runExperiment(experiment, {
    screen,
    launcher: launcherOf(children, process.env),
    server: remote ?? { dataDir: workspace.dataDir },
    now: () => performance.now(),
  });
  const verdict = judge(measured.curves, measured.plan);
  await writeFile(workspace.chart, renderSvg(measured.curves, measured.plan, { settings, verdict: verdict.text }));

  const files: Files = { chart: workspace.chart, ...(remote === undefined ? { serverData: workspace.dataDir } : {}) };
  if (options.json) {
    console.log(jsonReport(experiment, measured, files, verdict, remote?.url ?? 'local'));
  } else {
    const look = { columns: process.stdout.isTTY ? process.stdout.columns : plainColumns, color, directory: process.cwd() };
    screen.say(`\n${textReport(measured, files, look)}\n`);
    // One sentence a line.
    screen.say(paint(verdict.text.replace(/(?<=\.) /g, '\n'), verdict.holds ? 'green' : 'red', color));
  }
  return verdict.holds ? 0 : 1;
}

function screenFor(json: boolean, color: boolean): Screen {
  if (json) return silentScreen;
  return process.stdout.isTTY ? terminalScreen(process.stdout, color) : plainScreen(process.stdout);
}

function remoteOf({ url, apiKey }: QuickstartOptions): Address | undefined {
  return url === undefined || apiKey === undefined ? undefined : { url, apiKey };
}
