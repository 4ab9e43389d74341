import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '../../../src/server/checkpoints/safetensors.js';
import { Trainer } from '../../../src/server/engine/trainer.js';
import { toPassOutput, toPassWork } from '../../../src/server/training/training-data.js';
import { ModelInput } from '../../../src/types/data.js';
import { TensorData } from '../../../src/types/tensor.js';
import { ADAM, TOY, TOY_LORA } from '../engine/toy.js';

type Pass = Parameters<typeof toPassWork>[0];

const length = 5;
const modelInput = ModelInput.fromInts([1, 2, 3, 4, 5]);
const first = { target_tokens: [2, 3, 4, 5, 6], weights: [1, 0.5, 0, 1, 2], logprobs: [-2, -2.5, -2, -3, -2], advantages: [1, -1, 0.5, 2, 1] };
const second = { target_tokens: [7, 0, 10, 1, 3], weights: [0.25, 1, 1, 0, -1], logprobs: [-3, -2, -2, -2, -2.5], advantages: [-0.5, 1, 1, 1, -2] };
type Column = typeof first;
const crossEntropyInputs = ['target_tokens', 'weights'] as const;
const policyInputs = ['target_tokens', 'logprobs', 'advantages'] as const;

/** A datum of one target per position. */
function vectors(column: Column, names: readonly (keyof Column)[] = crossEntropyInputs): Pass['data'][number] {
  return { modelInput, lossFnInputs: Object.fromEntries(names.map((name) => [name, TensorData.from(column[name], dtypeOf(name))])) };
}

/** A datum whose loss inputs have these columns. */
function matrices(columns: readonly Column[], names: readonly (keyof Column)[] = crossEntropyInputs): Pass['data'][number] {
  const matrix = (name: keyof Column): TensorData =>
    TensorData.from(Array.from({ length }, (_, row) => columns.map((column) => column[name][row] ?? 0)), dtypeOf(name));
  return { modelInput, lossFnInputs: Object.fromEntries(names.map((name) => [name, matrix(name)])) };
}

function dtypeOf(name: keyof Column): 'int64' | 'float32' {
  return name === 'target_tokens' ? 'int64' : 'float32';
}

let root: string;
let trainer: Trainer;
let models = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'columns-'));
  trainer = new Trainer([TOY]);
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

/** Executes the passes and one optimizer step on a new model; gives the passes' results and the adapter. */
async function trained(passes: readonly Pass['data'][], lossFn = 'cross_entropy', eps = ADAM.eps): Promise<{
  results: readonly ReturnType<typeof toPassOutput>[];
  adapter: readonly number[];
}> {
  const id = `m${(models += 1)}`;
  await trainer.createModel(id, { baseModel: 'toy', lora: TOY_LORA });
  const results = passes.map((data) => {
    const work = toPassWork({ data, lossFn });
    return toPassOutput(trainer.forwardBackward(id, work.data, work.lossFn, work.clip), work.shapes);
  });
  trainer.optimStep(id, { ...ADAM, eps });
  await trainer.saveCheckpoint(id, join(root, id), { parentRun: 'a', createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null, overwrite: false });
  const { tensors } = decodeSafetensors(await readFile(join(root, id, 'adapter_model.safetensors')));
  return { results, adapter: [...tensors.values()].flatMap(({ values }) => [...values]) };
}

function forward(data: Pass['data']): ReturnType<typeof toPassOutput> {
  const work = toPassWork({ data, lossFn: 'cross_entropy' });
  return toPassOutput(trainer.forward('probe', work.data, work.lossFn, work.clip), work.shapes);
}

describe('a datum of several targets per position', () => {
  it('trains with one column as without columns, bit for bit', async () => {
    const matrix = await trained([[matrices([first])]]);
    const vector = await trained([[vectors(first)]]);
    expect(matrix.adapter).toEqual(vector.adapter);
    expect(matrix.results[0]?.metrics).toEqual(vector.results[0]?.metrics);
    const [logprobs] = vector.results[0]?.lossFnOutputs ?? [];
    expect(matrix.results[0]?.lossFnOutputs).toEqual([{ logprobs: new TensorData(logprobs?.['logprobs']?.data ?? new Float32Array(), [length, 1]) }]);
  });

  it.each([
    ['cross_entropy', crossEntropyInputs],
    ['importance_sampling', policyInputs],
    ['ppo', policyInputs],
    ['cispo', policyInputs],
  ])('trains as its columns do, one after the other (%s)', async (lossFn, names) => {
    const matrix = await trained([[matrices([first, second], names)]], lossFn);
    const columns = await trained([[vectors(first, names), vectors(second, names)]], lossFn);
    expect(matrix.adapter).toEqual(columns.adapter);
    expect(matrix.results[0]?.metrics).toEqual(columns.results[0]?.metrics);
  });

  it('adds the gradients and losses of its columns', async () => {
    // A step that is not divided by the gradient's own size shows that size.
    const matrix = await trained([[matrices([first, second])]], 'cross_entropy', 1);
    const columns = await trained([[vectors(first)], [vectors(second)]], 'cross_entropy', 1);
    const alone = await trained([[vectors(first)]], 'cross_entropy', 1);
    const apart = (others: readonly number[]): number => Math.max(...matrix.adapter.map((value, index) => Math.abs(value - (others[index] ?? Number.NaN))));
    expect(apart(columns.adapter)).toBeLessThan(1e-6);
    expect(apart(alone.adapter)).toBeGreaterThan(1e-4);
    const loss = columns.results.reduce((sum, { metrics }) => sum + (metrics['loss:sum'] ?? Number.NaN), 0);
    expect(matrix.results[0]?.metrics['loss:sum']).toBeCloseTo(loss, 4);
  });

  it('gets the log-probabilities of its columns, among datums of other shapes', async () => {
    await trainer.createModel('probe', { baseModel: 'toy', lora: TOY_LORA });
    const mixed = forward([vectors(second), matrices([first, second]), vectors(first), matrices([second, first, first])]);
    const flat = forward([second, first, second, first, second, first, first].map((column) => vectors(column)));
    const rows = flat.lossFnOutputs.map(({ logprobs }) => logprobs?.toNumbers() ?? []);
    const joined = (...columns: number[]): unknown => Array.from({ length }, (_, row) => columns.map((column) => rows[column]?.[row]));
    expect(mixed.lossFnOutputs.map(({ logprobs }) => logprobs?.toList())).toEqual([rows[0], joined(1, 2), rows[3], joined(4, 5, 6)]);
    expect(mixed.metrics).toEqual(flat.metrics);
  });

  it('weighs every target with 1 where no weights are given', () => {
    const given = matrices([first, second], ['target_tokens']);
    expect(toPassWork({ data: [given], lossFn: 'cross_entropy' }).data.map(({ weights }) => [...weights])).toEqual([[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]);
  });
});

describe('a datum whose loss inputs do not fit', () => {
  const targets = matrices([first, second]).lossFnInputs;
  const zeros = (...shape: number[]): TensorData => new TensorData(new Float32Array(shape.reduce((size, extent) => size * extent, 1)), shape);
  const tokens = (...shape: number[]): TensorData => new TensorData(new Int32Array(shape.reduce((size, extent) => size * extent, 1)), shape);
  const ownShape = 'which is that of target_tokens.';
  const perToken = 'expected [5], one target per token of the model input, or [5, K] for K targets per token.';

  it.each([
    [{ target_tokens: tokens(2, 5) }, `target_tokens: has shape [2, 5], ${perToken}`],
    [{ target_tokens: tokens(5, 2, 1) }, `target_tokens: has shape [5, 2, 1], ${perToken}`],
    [{ target_tokens: tokens() }, `target_tokens: has shape [], ${perToken}`],
    [{ target_tokens: tokens(4) }, `target_tokens: has shape [4], ${perToken}`],
    [{ target_tokens: tokens(5, 0) }, 'target_tokens: has shape [5, 0], expected 1 to 64 targets per token; spread more of them over several datums.'],
    [{ target_tokens: tokens(5, 65) }, 'target_tokens: has shape [5, 65], expected 1 to 64 targets per token; spread more of them over several datums.'],
    [{ ...targets, weights: zeros(5) }, `weights: has shape [5], expected [5, 2], ${ownShape}`],
    [{ ...targets, weights: zeros(2, 5) }, `weights: has shape [2, 5], expected [5, 2], ${ownShape}`],
    [{ ...targets, weights: zeros(10) }, `weights: has shape [10], expected [5, 2], ${ownShape}`],
    [{ target_tokens: tokens(5), weights: zeros(5, 1) }, `weights: has shape [5, 1], expected [5], ${ownShape}`],
  ])('is refused: %#', (lossFnInputs, message) => {
    const data = [{ modelInput, lossFnInputs }];
    expect(() => toPassWork({ data, lossFn: 'cross_entropy' })).toThrow(expect.objectContaining({ message: `data[0].loss_fn_inputs.${message}`, category: 'user' }));
  });

  it.each([
    ['logprobs', `logprobs: has shape [5], expected [5, 2], ${ownShape}`],
    ['advantages', `advantages: has shape [5], expected [5, 2], ${ownShape}`],
  ])('is refused for the %s of a policy', (name, message) => {
    const { lossFnInputs } = matrices([first, second], policyInputs);
    const data = [{ modelInput, lossFnInputs: { ...lossFnInputs, [name]: zeros(5) } }];
    expect(() => toPassWork({ data, lossFn: 'ppo' })).toThrow(expect.objectContaining({ message: `data[0].loss_fn_inputs.${message}`, category: 'user' }));
  });

  it('takes as many targets as are allowed', () => {
    expect(toPassWork({ data: [{ modelInput, lossFnInputs: { target_tokens: tokens(5, 64) } }], lossFn: 'cross_entropy' }).data).toHaveLength(64);
  });

  it('is named by its own place and column, whatever came before it', async () => {
    await trainer.createModel('refusing', { baseModel: 'toy', lora: TOY_LORA });
    const bad = { ...second, target_tokens: [7, 0, 11, 1, 3] };
    const attempt = (...data: Pass['data']): unknown => trainer.forward('refusing', toPassWork({ data, lossFn: 'cross_entropy' }).data, 'cross_entropy');
    const rest = 'the target token at position 2 is 11, but toy has token ids from 0 to 10.';
    expect(() => attempt(matrices([first, second]), matrices([first, bad]))).toThrow(`Datum 1, column 1: ${rest}`);
    expect(() => attempt(matrices([first, second]), vectors(bad))).toThrow(`Datum 1: ${rest}`);
  });
});
