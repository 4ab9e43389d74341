import { describe, expect, it } from '@jest/globals';
import * as t from 'io-ts';
import { decode, report } from '../../src/types/decode.js';
import { CreateModelResponse, ForwardBackwardOutput, LoraConfig } from '../../src/types/training.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';

describe('decode', () => {
  it('gives the decoded message', () => {
    expect(rightOf(decode(CreateModelResponse, { model_id: 'S:train:0', extra: 1 }))).toEqual({ modelId: 'S:train:0' });
  });

  it('names the message, the field, what came and what was promised', () => {
    expect(factsOf(leftOf(decode(CreateModelResponse, { model_id: 7 })))).toEqual({
      kind: 'malformedResponse',
      message: "The server's answer is not a valid CreateModelResponse: model_id: got 7, expected string",
      retriable: false,
    });
  });

  it('tells of a missing field and of a body that is no object', () => {
    expect(leftOf(decode(CreateModelResponse, {})).message).toBe(
      "The server's answer is not a valid CreateModelResponse: model_id: got undefined, expected string",
    );
    expect(leftOf(decode(CreateModelResponse, 'gone')).message).toBe(
      'The server\'s answer is not a valid CreateModelResponse: the body: got "gone", expected an object',
    );
  });

  it('writes the way to a field deep inside', () => {
    const wire = { loss_fn_outputs: [{}, { logprobs: { data: ['x'], dtype: 'float32' } }], metrics: { 'loss:sum': 'much' } };
    expect(leftOf(decode(ForwardBackwardOutput, wire)).message).toBe(
      "The server's answer is not a valid ForwardBackwardOutput: " +
        'loss_fn_outputs.1.logprobs: got an object, data[0]: got "x", expected a number; ' +
        'metrics.loss:sum: got "much", expected a number',
    );
  });
});

describe('report', () => {
  it('names at most five fields and counts the rest', () => {
    const issues = leftOf(t.array(t.number).decode(['a', 'b', 'c', 'd', 'e']));
    expect(report(issues)).toBe(['a', 'b', 'c', 'd', 'e'].map((given, index) => `${index}: got "${given}", expected number`).join('; '));
    const seven = leftOf(t.array(t.number).decode(['a', 'b', 'c', 'd', 'e', 'f', 'g']));
    expect(report(seven)).toBe(`${report(issues)}; and 2 more`);
  });

  it('is at most 500 characters long', () => {
    const words = Array.from({ length: 5 }, () => 'w'.repeat(200));
    const text = report(leftOf(t.array(t.number).decode(words)));
    expect(text).toHaveLength(500);
    expect(text.endsWith('…')).toBe(true);
    expect(text.startsWith(`0: got "${'w'.repeat(79)}…, expected number; 1: got "www`)).toBe(true);
  });

  it('never prints a whole value', () => {
    const text = report(leftOf(LoraConfig.decode({ rank: Array.from({ length: 100_000 }, () => 1) })));
    expect(text).toBe('rank: got an array of 100000, expected a whole number');
  });

  it('speaks of the body where a codec says neither where nor what', () => {
    expect(report([{ value: 1, context: [] }])).toBe('the body: got 1, expected another value');
  });
});
