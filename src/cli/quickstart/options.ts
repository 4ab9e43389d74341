import { stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { fewestSteps } from './curves.js';

/** What commander hands over, defaults filled in. */
export interface QuickstartOptions {
  readonly model?: string;
  readonly steps: number;
  readonly rank: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly text: string;
  readonly out: string;
  readonly url?: string;
  readonly apiKey?: string;
  readonly json: boolean;
}

/** Rows of a batch, and tokens in each. */
export const batchShape = { batchSize: 8, sequenceLength: 64 } as const;

/** Base models of the local server. */
export const localModels = ['local/tiny', 'local/small', 'local/base'] as const;

/** Large enough for a curve with something to see, small enough for half a minute. */
export const defaultModel = 'local/small';

/** A whole number in a range; for commander. */
export function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${lowest} to ${highest}.`);
  };
}

export const steps = wholeNumber(fewestSteps, 10_000);
export const rank = wholeNumber(1, 512);
// Above that, a seed and a step would no longer add up to different places in the text.
export const seed = wholeNumber(0, 2_147_483_647);

/** A number above 0 and at most 1; for commander. */
export function learningRate(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number above 0 and at most 1.');
}

/** An address of a server; for commander. */
export function httpUrl(text: string): string {
  if (/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) return text;
  throw new InvalidArgumentError('Expected an address that begins with http:// or https://.');
}

/** What is wrong with options that are right each for itself; undefined when nothing is. */
export async function findMistake(options: QuickstartOptions): Promise<string | undefined> {
  const { model, url, apiKey, text } = options;
  if (url !== undefined && apiKey === undefined) {
    return '--url needs an API key: pass --api-key, or set TINKER_API_KEY.';
  }
  if (url === undefined && model !== undefined && !localModels.some((name) => name === model)) {
    return `--model: the local server has no "${model}". Choose ${localModels.join(', ')}, or name another server with --url.`;
  }
  const file = await stat(text).catch(() => undefined);
  if (file?.isFile() !== true) return `--text: there is no file ${text}.`;
  // A sequence, the token after it, and more than one place to begin.
  const fewestBytes = 4 * batchShape.sequenceLength;
  if (file.size < fewestBytes) return `--text: ${text} has ${file.size} bytes; at least ${fewestBytes} are needed.`;
  return undefined;
}
