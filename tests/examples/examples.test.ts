import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runExample } from '../support/example.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

const folder = new URL('../../examples/', import.meta.url);
const limitMs = 120_000;

let server: ServerProcess;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServerProcess();
  env = { TINKER_BASE_URL: server.url, TINKER_API_KEY: server.apiKey };
}, limitMs);

afterAll(() => server.close());

/** The number after a word, on every line that has it. */
function numbersAfter(word: string, lines: readonly string[]): number[] {
  return lines.flatMap((line) => new RegExp(`${word} +(-?[\\d.]+)`).exec(line)?.[1] ?? []).map(Number);
}

describe('examples', () => {
  it('are short', async () => {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs'));
    const lengths = await Promise.all(files.map(async (file) => (await readFile(new URL(file, folder), 'utf8')).split('\n').length));
    expect(files.sort()).toEqual(
      ['connect.mjs', 'custom-loss.mjs', 'reinforcement-learning.mjs', 'resume.mjs', 'supervised.mjs', 'sweep.mjs'],
    );
    expect(Math.max(...lengths)).toBeLessThan(80);
  });

  it('supervised: the tuned model completes every prompt as its file does', async () => {
    const jsonl = await readFile(new URL('data/capitals.jsonl', folder), 'utf8');
    const taught = jsonl.trim().split('\n').map((line) => {
      const { prompt, completion }: { prompt: string; completion: string } = JSON.parse(line);
      return `${prompt}${completion}`;
    });
    const lines = await runExample('supervised', env);
    expect(lines.slice(-taught.length - 1, -1)).toEqual(taught);
    expect(lines.at(-1)).toMatch(/^saved to tinker:\/\/.+\/weights\/supervised$/);
  }, limitMs);

  it('reinforcement learning: the reward rises from chance to most of what there is', async () => {
    const rewards = numbersAfter('reward', await runExample('reinforcement-learning', env));
    expect(rewards).toHaveLength(16);
    expect(rewards[0]).toBeLessThan(0.3);
    expect(Math.min(...rewards.slice(-3))).toBeGreaterThan(0.7);
  }, limitMs);

  it('custom loss: the focal loss that jax-js differentiates falls', async () => {
    const losses = numbersAfter('focal loss', await runExample('custom-loss', env));
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  }, limitMs);

  it('resume: the second run goes on where the first one saved', async () => {
    const first = await runExample('resume', env, ['twice']);
    const second = await runExample('resume', env, ['twice']);
    expect(first[0]).toBe('twice: a new run');
    expect(numbersAfter('step', first.slice(1)).filter(Boolean)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(second[0]).toMatch(/^twice: going on after step 10, from tinker:\/\/.+\/weights\/twice-10$/);
    expect(numbersAfter('step', second.slice(1)).filter(Boolean)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    const losses = [...numbersAfter('loss', first), ...numbersAfter('loss', second)];
    expect(losses.every((loss, at) => at === 0 || loss < (losses[at - 1] ?? 0))).toBe(true);
  }, limitMs);

  it('sweep: four clients train side by side and the best one is named', async () => {
    const lines = await runExample('sweep', env);
    const rows = lines.map((line) => line.split('│').slice(1, -1).map((cell) => cell.trim())).filter((row) => Number(row[0]) > 0);
    expect(rows.map(([rate]) => Number(rate))).toEqual([0.0003, 0.001, 0.003, 0.01]);
    expect(new Set(rows.map(([, first]) => first)).size).toBe(1);
    const best = rows.filter((row) => row[3] === 'best');
    expect(best.map((row) => Number(row[2]))).toEqual([Math.min(...rows.map((row) => Number(row[2])))]);
  }, limitMs);

  it('start a local server of their own where none is named', async () => {
    const home = await mkdtemp(join(tmpdir(), 'tinkerjs-home-'));
    try {
      const lines = await runExample('sweep', { HOME: home, TINKER_BASE_URL: '', TINKER_API_KEY: '' });
      expect(lines.filter((line) => line.includes('best'))).toHaveLength(1);
      expect(await readdir(join(home, '.tinkerjs', 'server'))).toContain('checkpoints');
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }, limitMs);
});
