/**
 * One request for samples, as a coroutine: it says which tokens are to be read next and is given
 * the states, so that whoever runs it can read the tokens of many requests together.
 */
import { SPECIAL_TOKENS } from '../base-models.js';
import { RandomStream } from '../random.js';
import { chooseToken, likeliestTokens } from './choose-token.js';
import { KvCache } from './kv-cache.js';
import type { PromptCache } from './prompt-cache.js';
import type { LikelyToken, SampledTokens, SampleOutput, SampleWork } from './sampling.js';
import type { TokenModel, TokenRow } from './token-model.js';

/** Tokens of a prompt that are read at once. */
const PROMPT_ROWS = 32;

/** Sequences of a request that are drawn side by side; the memory of their caches is bounded by it. */
const SIDE_BY_SIDE = 16;

const END_OF_SEQUENCE = SPECIAL_TOKENS['<|eos|>'];

/** Yields the tokens to be read, is given their states, and returns what was drawn. */
export type SampleJob = Generator<readonly TokenRow[], SampleOutput, Float64Array>;

/** Draws what is asked for. The result depends on the weights and the work only, not on what else is drawn or kept. */
export function* sampleJob(model: TokenModel, prompts: PromptCache, work: SampleWork): SampleJob {
  const prompt = yield* readPrompt(model, prompts, work);
  const sequences: SampledTokens[] = [];
  while (sequences.length < work.numSamples) {
    const count = Math.min(SIDE_BY_SIDE, work.numSamples - sequences.length);
    sequences.push(...(yield* drawGroup(model, prompt, work, sequences.length, count)));
  }
  const { promptLogprobs, topkPromptLogprobs, known } = prompt;
  return { sequences, promptLogprobs, topkPromptLogprobs, promptCacheHitTokens: known };
}

interface ReadPrompt {
  readonly cache: KvCache;
  readonly known: number;
  /** The distribution of the token after the prompt. */
  readonly next: Float64Array;
  readonly promptLogprobs: Float32Array<ArrayBuffer> | undefined;
  readonly topkPromptLogprobs: readonly (readonly LikelyToken[] | null)[] | undefined;
}

function* readPrompt(model: TokenModel, prompts: PromptCache, work: SampleWork): Generator<readonly TokenRow[], ReadPrompt, Float64Array> {
  const { prompt, topkPromptLogprobs: k } = work;
  const { width, vocabSize } = model.config;
  const scores = work.promptLogprobs || k > 0;
  // Scoring needs the state at every place, which a cache does not hold.
  const { cache, known } = scores ? { cache: new KvCache(model.config), known: 0 } : prompts.begin(prompt);
  const logprobs = new Float32Array(prompt.length).fill(Number.NaN);
  const top: (readonly LikelyToken[] | null)[] = [null];
  let next: Float64Array = new Float64Array(0);
  for (let start = known; start < prompt.length; start += PROMPT_ROWS) {
    const tokens = prompt.subarray(start, start + PROMPT_ROWS);
    const states = yield Array.from(tokens, (token, index) => ({ cache, position: start + index, token }));
    const isLast = start + tokens.length === prompt.length;
    if (!scores && !isLast) continue;
    const wanted = model.logprobs(scores ? states : states.subarray(-width));
    next = wanted.subarray(-vocabSize);
    if (!scores) continue;
    tokens.forEach((_, index) => {
      const place = start + index + 1;
      const token = prompt[place];
      if (token === undefined) return;
      const distribution = wanted.subarray(index * vocabSize, (index + 1) * vocabSize);
      logprobs[place] = distribution[token] ?? Number.NaN;
      if (k > 0) top.push(likeliestTokens(distribution, k));
    });
  }
  prompts.keep(prompt, cache);
  return { cache, known, next, promptLogprobs: scores ? logprobs : undefined, topkPromptLogprobs: k > 0 ? top : undefined };
}

interface Sequence {
  readonly cache: KvCache;
  readonly random: RandomStream;
  readonly tokens: number[];
  readonly logprobs: number[];
  stopReason: SampledTokens['stopReason'] | undefined;
}

function* drawGroup(
  model: TokenModel,
  prompt: ReadPrompt,
  work: SampleWork,
  first: number,
  count: number,
): Generator<readonly TokenRow[], SampledTokens[], Float64Array> {
  const { vocabSize } = model.config;
  const length = work.prompt.length;
  const sequences = Array.from({ length: count }, (_, index): Sequence => ({
    cache: new KvCache(model.config, { cache: prompt.cache, length }),
    random: new RandomStream(work.seed, `sample ${first + index}`),
    tokens: [],
    logprobs: [],
    stopReason: undefined,
  }));
  for (const sequence of sequences) extend(sequence, prompt.next, work);
  for (;;) {
    const open = sequences.filter(({ stopReason }) => stopReason === undefined);
    if (open.length === 0) break;
    const rows = open.map(({ cache, tokens }) => ({ cache, position: length + tokens.length - 1, token: tokens.at(-1) ?? 0 }));
    const distributions = model.logprobs(yield rows);
    open.forEach((sequence, index) => {
      extend(sequence, distributions.subarray(index * vocabSize, (index + 1) * vocabSize), work);
    });
  }
  return sequences.map(({ tokens, logprobs, stopReason = 'length' }) => (
    { tokens: Int32Array.from(tokens), logprobs: Float32Array.from(logprobs), stopReason }
  ));
}

function extend(sequence: Sequence, logprobs: Float64Array, work: SampleWork): void {
  const token = chooseToken(logprobs, work, () => sequence.random.nextFraction());
  sequence.tokens.push(token);
  sequence.logprobs.push(logprobs[token] ?? Number.NaN);
  if (token === END_OF_SEQUENCE || work.stops.some((stop) => endsWith(sequence.tokens, stop))) sequence.stopReason = 'stop';
  else if (sequence.tokens.length >= work.maxTokens) sequence.stopReason = 'length';
}

function endsWith(tokens: readonly number[], end: Int32Array): boolean {
  const from = tokens.length - end.length;
  return from >= 0 && end.every((token, index) => tokens[from + index] === token);
}
