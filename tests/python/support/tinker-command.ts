import { runExecutable, type Finished } from './run-python.js';
import type { Sdk } from './versions.js';

/** The SDK's own command line, of one version and for one server. */
export interface TinkerCommand {
  /** Runs `tinker …` to its end, whatever that is. */
  (...args: string[]): Promise<Finished>;
  /** Runs `tinker --format json …`; gives what it printed. */
  json(...args: string[]): Promise<unknown>;
}

/** @throws Error from `json` with what it wrote to stderr, when the command fails */
export function tinkerCommand(sdk: Sdk, server: { readonly url: string; readonly apiKey: string }, home: string): TinkerCommand {
  const run = async (...args: string[]): Promise<Finished> => await runExecutable(sdk, 'tinker', { server, args, env: { HOME: home } });
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await run('--format', 'json', ...args);
    if (code !== 0) throw new Error(`tinker ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
  return Object.assign(run, { json });
}
