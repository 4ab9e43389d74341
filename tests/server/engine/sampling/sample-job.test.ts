import { describe, expect, it } from '@jest/globals';
import { BASE_MODELS } from '../../../../src/server/engine/base-models.js';
import type { DecoderConfig } from '../../../../src/server/engine/base-models.js';
import { makeBaseWeights } from '../../../../src/server/engine/base-weights.js';
import { PromptCache } from '../../../../src/server/engine/sampling/prompt-cache.js';
import { sampleJob } from '../../../../src/server/engine/sampling/sample-job.js';
import type { SampleOutput, SampleWork } from '../../../../src/server/engine/sampling/sampling.js';
import { Scheduler } from '../../../../src/server/engine/sampling/scheduler.js';
import { TokenModel } from '../../../../src/server/engine/sampling/token-model.js';
import { TOY } from '../toy.js';
import { WORK } from './trained.js';

const model = new TokenModel(TOY, makeBaseWeights(TOY));

function sample(work: Partial<SampleWork> = {}, prompts = new PromptCache(TOY), scheduler = new Scheduler()): Promise<SampleOutput> {
  return scheduler.run(model, sampleJob(model, prompts, { ...WORK, ...work }));
}

async function tokensOf(work: Partial<SampleWork>): Promise<number[][]> {
  return (await sample(work)).sequences.map(({ tokens }) => [...tokens]);
}

describe('the seed', () => {
  it('decides what is drawn, all 64 bits of it', async () => {
    const first = await sample({ seed: 2n ** 63n });
    expect(await sample({ seed: 2n ** 63n })).toEqual(first);
    expect((await sample({ seed: 2n ** 63n + 1n })).sequences).not.toEqual(first.sequences);
  });

  it('gives each sequence a stream of its own, whatever their number', async () => {
    const many = await tokensOf({ numSamples: 20 });
    expect(new Set(many.map(String)).size).toBeGreaterThan(15);
    expect(await tokensOf({ numSamples: 3 })).toEqual(many.slice(0, 3));
  });
});

describe('the end of a sequence', () => {
  it('is at the limit', async () => {
    const { sequences } = await sample({ maxTokens: 1, numSamples: 2 });
    expect(sequences.map(({ tokens, logprobs, stopReason }) => [tokens.length, logprobs.length, stopReason])).toEqual([[1, 1, 'length'], [1, 1, 'length']]);
  });

  it('is after a stop, which is part of it', async () => {
    const [whole = []] = await tokensOf({});
    const end = whole.slice(4, 6);
    const until = whole.findIndex((token, i) => token === end[0] && whole[i + 1] === end[1]) + 2;
    const { sequences } = await sample({ stops: [Int32Array.of(99, 98), Int32Array.from(end)] });
    expect(sequences).toEqual([expect.objectContaining({ tokens: Int32Array.from(whole.slice(0, until)), stopReason: 'stop' })]);
    expect(sequences[0]?.logprobs).toHaveLength(until);
  });

  it('is a stop, too, when it comes with the last token allowed', async () => {
    const [[only = 0] = []] = await tokensOf({ maxTokens: 1 });
    expect((await sample({ maxTokens: 1, stops: [Int32Array.of(only)] })).sequences[0]?.stopReason).toBe('stop');
  });

  it('is not within the prompt', async () => {
    const [whole = []] = await tokensOf({ maxTokens: 1 });
    const { sequences } = await sample({ maxTokens: 1, stops: [Int32Array.of(WORK.prompt.at(-1) ?? 0, whole[0] ?? 0)] });
    expect(sequences[0]?.stopReason).toBe('length');
  });

  it('is at the end-of-sequence token without being asked for', async () => {
    const [tiny] = BASE_MODELS;
    if (tiny === undefined) throw new Error('no base model');
    // Embeddings that all point to one token make it the likeliest always.
    const config: DecoderConfig = { ...tiny, layers: 0, tiedUnembedding: false };
    const base = makeBaseWeights(config);
    const unembedding = base.unembedding.map((_, at) => (Math.floor(at / config.width) === 257 ? (base.embedding[65 * config.width + (at % config.width)] ?? 0) * 1000 : 0));
    const certain = new TokenModel(config, { ...base, unembedding });
    const work = { ...WORK, prompt: Int32Array.of(65) };
    const { sequences } = await new Scheduler().run(certain, sampleJob(certain, new PromptCache(config), work));
    expect(sequences).toEqual([{ tokens: Int32Array.of(257), logprobs: Float32Array.of(0), stopReason: 'stop' }]);
  });
});

describe('scores of the prompt', () => {
  it('come when they are asked for only', async () => {
    expect(await sample()).toMatchObject({ promptLogprobs: undefined, topkPromptLogprobs: undefined });
  });

  it('hold the likeliest tokens for each place but the first, likeliest first', async () => {
    const { promptLogprobs, topkPromptLogprobs = [] } = await sample({ promptLogprobs: true, topkPromptLogprobs: TOY.vocabSize });
    expect(topkPromptLogprobs).toHaveLength(4);
    expect(topkPromptLogprobs[0]).toBeNull();
    topkPromptLogprobs.slice(1).forEach((row, index) => {
      const logprobs = row?.map(([, logprob]) => logprob) ?? [];
      expect(logprobs).toEqual([...logprobs].sort((left, right) => right - left));
      expect(logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 9);
      const own = row?.find(([token]) => token === WORK.prompt[index + 1])?.[1] ?? Number.NaN;
      expect(promptLogprobs?.[index + 1]).toBeCloseTo(own, 6);
    });
    const few = await sample({ topkPromptLogprobs: 2 });
    expect(few.topkPromptLogprobs).toEqual(topkPromptLogprobs.map((row) => row?.slice(0, 2) ?? null));
  });

  it('are the same however long the prompt is that they are read with', async () => {
    const prompt = Int32Array.from({ length: 50 }, (_, i) => i % 7);
    const { promptLogprobs: long } = await sample({ prompt, maxTokens: 1, promptLogprobs: true });
    const { promptLogprobs: short } = await sample({ prompt: prompt.slice(0, 33), maxTokens: 1, promptLogprobs: true });
    expect(long?.slice(0, 33)).toEqual(short);
  });
});

describe('a prompt that is known', () => {
  const longer = Int32Array.of(...WORK.prompt, 7, 8);

  it('is not read again, which changes nothing but the count', async () => {
    const prompts = new PromptCache(TOY);
    const first = await sample({}, prompts);
    expect(first.promptCacheHitTokens).toBe(0);
    expect(await sample({}, prompts)).toEqual({ ...first, promptCacheHitTokens: 3 });
    expect(await sample({ prompt: longer }, prompts)).toEqual({ ...(await sample({ prompt: longer })), promptCacheHitTokens: 4 });
    expect(await sample({}, prompts)).toEqual({ ...first, promptCacheHitTokens: 3 });
  });

  it('is read when it is to be scored, and known afterwards', async () => {
    const prompts = new PromptCache(TOY);
    await sample({ promptLogprobs: true }, prompts);
    expect((await sample({ promptLogprobs: true }, prompts)).promptCacheHitTokens).toBe(0);
    expect((await sample({}, prompts)).promptCacheHitTokens).toBe(3);
  });

  it('is forgotten after four others', async () => {
    const prompts = new PromptCache(TOY);
    for (const start of [1, 2, 3, 4, 5]) await sample({ prompt: Int32Array.of(start, 0, 0) }, prompts);
    expect((await sample({ prompt: Int32Array.of(1, 0, 0) }, prompts)).promptCacheHitTokens).toBe(0);
    expect((await sample({ prompt: Int32Array.of(5, 0, 0) }, prompts)).promptCacheHitTokens).toBe(2);
  });
});

describe('the scheduler', () => {
  it('gives every job what it gets alone', async () => {
    const works = Array.from({ length: 20 }, (_, i) => ({ prompt: Int32Array.of(i % 11, 3, i % 5), numSamples: 1 + (i % 7), seed: BigInt(i) }));
    const alone = await Promise.all(works.map((work) => sample(work)));
    const scheduler = new Scheduler();
    expect(await Promise.all(works.map((work) => sample(work, new PromptCache(TOY), scheduler)))).toEqual(alone);
  });

  it('lets a short job end before a long one that began earlier, and jobs on other weights too', async () => {
    const other = new TokenModel(TOY, makeBaseWeights({ ...TOY, seed: 6 }));
    const scheduler = new Scheduler();
    const order: string[] = [];
    const long = sample({ maxTokens: 50, numSamples: 40 }, new PromptCache(TOY), scheduler).then(() => order.push('long'));
    const short = sample({ maxTokens: 2 }, new PromptCache(TOY), scheduler).then(() => order.push('short'));
    const elsewhere = scheduler.run(other, sampleJob(other, new PromptCache(TOY), { ...WORK, maxTokens: 2 })).then(() => order.push('elsewhere'));
    await Promise.all([long, short, elsewhere]);
    expect(order.at(-1)).toBe('long');
  });

  it('ends a job that is cancelled, before it began or in the middle, and no other', async () => {
    const scheduler = new Scheduler();
    const job = () => sampleJob(model, new PromptCache(TOY), { ...WORK, stops: [], maxTokens: 30 });
    const controller = new AbortController();
    const cancelled = scheduler.run(model, job(), controller.signal);
    const other = scheduler.run(model, job());
    controller.abort();
    await expect(cancelled).rejects.toThrow('The sample was cancelled by its client.');
    await expect(scheduler.run(model, job(), controller.signal)).rejects.toThrow('cancelled');
    expect((await other).sequences).toHaveLength(1);
  });

  it('hands a failure to the one whose job it is', async () => {
    const scheduler = new Scheduler();
    const failing = sample({ prompt: Int32Array.of(1), stops: [], maxTokens: 3 }, new PromptCache({ ...TOY, layers: 1 }), scheduler);
    await expect(failing).rejects.toThrow('no layer 1');
    expect((await sample({}, new PromptCache(TOY), scheduler)).sequences).toHaveLength(1);
  });
});
