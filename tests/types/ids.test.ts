import { describe, expect, it } from '@jest/globals';
import {
  checkCheckpointName,
  checkTtlSeconds,
  FiniteNumber,
  Integer,
  MetricValue,
  parseCheckpointPath,
  parseTrainingPath,
  UserMetadata,
} from '../../src/types/ids.js';
import { assertDecodes, assertRejects, factsOf, leftOf, rightOf } from '../support/codec.js';

const aPath = 'a checkpoint path such as tinker://RUN/weights/NAME';

describe('parseCheckpointPath', () => {
  it('takes the path of a training checkpoint apart', () => {
    expect(rightOf(parseCheckpointPath('tinker://S1:train:0/weights/step-0100'))).toEqual({
      path: 'tinker://S1:train:0/weights/step-0100',
      trainingRunId: 'S1:train:0',
      checkpointType: 'training',
      checkpointId: 'weights/step-0100',
      name: 'step-0100',
    });
  });

  it('takes the path of a sampler checkpoint apart', () => {
    expect(rightOf(parseCheckpointPath('tinker://run/sampler_weights/v1'))).toEqual({
      path: 'tinker://run/sampler_weights/v1',
      trainingRunId: 'run',
      checkpointType: 'sampler',
      checkpointId: 'sampler_weights/v1',
      name: 'v1',
    });
  });

  it.each([
    ['another scheme', 'http://run/weights/a', '"http://run/weights/a"'],
    ['no scheme', 'run/weights/a', '"run/weights/a"'],
    ['an empty run', 'tinker:///weights/a', '"tinker:///weights/a"'],
    ['a run alone', 'tinker://run', '"tinker://run"'],
    ['no name', 'tinker://run/weights', '"tinker://run/weights"'],
    ['an empty name', 'tinker://run/weights/', '"tinker://run/weights/"'],
    ['an unknown kind', 'tinker://run/optimizer/a', '"tinker://run/optimizer/a"'],
    ['a kind in capitals', 'tinker://run/Weights/a', '"tinker://run/Weights/a"'],
    ['a kind that every object has', 'tinker://run/constructor/a', '"tinker://run/constructor/a"'],
    ['a kind that is a prototype', 'tinker://run/__proto__/a', '"tinker://run/__proto__/a"'],
    ['a fourth part', 'tinker://run/weights/a/b', '"tinker://run/weights/a/b"'],
    ['no text', 5, '5'],
    ['nothing', undefined, 'undefined'],
  ])('refuses %s', (_, path: unknown, picture) => {
    expect(factsOf(leftOf(parseCheckpointPath(path)))).toEqual({
      kind: 'validation',
      field: 'path',
      message: `path: got ${picture}, expected ${aPath}`,
      retriable: false,
    });
  });

  const badRun = `${aPath}, with a RUN of printable ASCII characters without spaces, neither "." nor ".."`;
  const badName = `${aPath}, with a NAME of 1 to 255 letters, digits, "_", "-", ":" or "." (neither ":" nor "." first)`;

  it.each([
    ['a run that is the folder itself', '.', '.'],
    ['a run that is the folder above', '..', '..'],
    ['a run with a space', 'a b', 'a b'],
    ['a run with a line break at its end', 'run\n', 'run\\n'],
    ['a run with a zero byte', 'a\u0000b', 'a\\u0000b'],
    ['a run with DEL', 'a\u007f', 'a\u007f'],
    ['a run beyond ASCII', 'ä', 'ä'],
  ])('refuses %s', (_, run, shown) => {
    const message = `path: got "tinker://${shown}/weights/a", expected ${badRun}`;
    expect(factsOf(leftOf(parseCheckpointPath(`tinker://${run}/weights/a`)))).toEqual({ kind: 'validation', field: 'path', message, retriable: false });
  });

  it.each([
    ['a name that is the folder itself', '.', '.'],
    ['a name that is the folder above', '..', '..'],
    ['a hidden name', '.a', '.a'],
    ['a name that starts with a colon', ':a', ':a'],
    ['a name with a space', 'a b', 'a b'],
    ['a name with a line break at its end', 'a\n', 'a\\n'],
    ['a name with a query', 'a?b', 'a?b'],
    ['a name beyond ASCII', 'ä', 'ä'],
  ])('refuses %s', (_, name, shown) => {
    const message = `path: got "tinker://r/weights/${shown}", expected ${badName}`;
    expect(factsOf(leftOf(parseCheckpointPath(`tinker://r/weights/${name}`)))).toEqual({ kind: 'validation', field: 'path', message, retriable: false });
  });

  it('refuses a name of more than 255 characters', () => {
    const most = 'n'.repeat(255);
    expect(rightOf(parseCheckpointPath(`tinker://r/weights/${most}`)).name).toBe(most);
    expect(leftOf(parseCheckpointPath(`tinker://r/weights/${most}n`)).message).toContain(`expected ${badName}`);
  });

  it.each([
    ['0f9a-11:train:0', 'step:0010'],
    ['...', 'v1.2_final'],
    ['.run', '-'],
    ['~!$&\'()*+,;=@%', '_'],
  ])('takes the run %s and the name %s, which servers may give', (trainingRunId, name) => {
    expect(rightOf(parseCheckpointPath(`tinker://${trainingRunId}/weights/${name}`))).toEqual({
      path: `tinker://${trainingRunId}/weights/${name}`,
      trainingRunId,
      checkpointType: 'training',
      checkpointId: `weights/${name}`,
      name,
    });
  });

  it('names the argument that it is told of', () => {
    expect(leftOf(parseCheckpointPath('x', 'tinkerPath')).message).toBe(`tinkerPath: got "x", expected ${aPath}`);
  });
});

describe('parseTrainingPath', () => {
  it('takes a training checkpoint', () => {
    expect(rightOf(parseTrainingPath('tinker://run/weights/a')).name).toBe('a');
  });

  it('refuses a sampler checkpoint and says which call it belongs to', () => {
    expect(factsOf(leftOf(parseTrainingPath('tinker://run/sampler_weights/a', 'from')))).toEqual({
      kind: 'validation',
      field: 'from',
      message:
        'from: got "tinker://run/sampler_weights/a", expected a training checkpoint (tinker://RUN/weights/NAME). ' +
        'A sampler checkpoint is one of the sampling API (createSamplingClient): it can be sampled from but not trained on; ' +
        'saveState makes one that loads',
      retriable: false,
    });
  });

  it('refuses what is no path at all', () => {
    expect(leftOf(parseTrainingPath(null)).message).toBe(`path: got null, expected ${aPath}`);
  });
});

describe('checkCheckpointName', () => {
  it.each([['a'], ['step-0100'], ['v1.2_final'], ['_'], ['-'], ['n'.repeat(255)]])('takes %p', (name) => {
    expect(rightOf(checkCheckpointName(name))).toBe(name);
  });

  it.each([[''], ['.hidden'], ['..'], ['a/b'], ['a b'], ['a\n'], ['ä'], ['n'.repeat(256)], [7], [undefined]])('refuses %p', (name: unknown) => {
    const error = leftOf(checkCheckpointName(name));
    expect(error.field).toBe('name');
    expect(error.message).toMatch(/^name: got .+, expected 1 to 255 letters, digits, "_", "-" or "\." \(not first\), without "\/"$/);
  });
});

describe('checkTtlSeconds', () => {
  it('takes whole seconds from one to 100 years, or none', () => {
    const ttls = [undefined, 1, 86_400, 3_153_600_000];
    expect(ttls.map((ttl) => rightOf(checkTtlSeconds(ttl)))).toEqual(ttls);
  });

  it.each([[0], [-5], [1.5], [3_153_600_001], [Number.MAX_SAFE_INTEGER], [Number.NaN], [Infinity], ['60'], [null], [60n]])('refuses %p', (ttl: unknown) => {
    const error = leftOf(checkTtlSeconds(ttl));
    expect(error.field).toBe('ttlSeconds');
    expect(error.message).toMatch(
      /^ttlSeconds: got .+, expected a whole number of seconds, at least 1 and at most 3153600000, which is 100 years \(leave it out to keep the checkpoint\)$/,
    );
  });
});

describe('Integer', () => {
  it('takes whole numbers that a double holds exactly', () => {
    for (const value of [0, -3, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) assertDecodes(Integer, value, value);
    expect([1, 1.5, '1', Number.MAX_SAFE_INTEGER + 1].map((value) => Integer.is(value))).toEqual([true, false, false, false]);
    expect(Integer.encode(4)).toBe(4);
  });

  it('refuses fractions, text, and what JSON has rounded already', () => {
    assertRejects(Integer, 1.5, 'the body: got 1.5, expected a whole number');
    assertRejects(Integer, '1', 'the body: got "1", expected a whole number');
    assertRejects(Integer, JSON.parse('9007199254740993'), 'the body: got 9007199254740992, expected a whole number');
  });
});

describe('FiniteNumber', () => {
  it('takes what JSON can carry', () => {
    for (const value of [0, -1.5, 1e-12, Number.MAX_VALUE]) assertDecodes(FiniteNumber, value, value);
    expect([1.5, Number.NaN, Infinity, '1'].map((value) => FiniteNumber.is(value))).toEqual([true, false, false, false]);
    expect(FiniteNumber.encode(0.5)).toBe(0.5);
  });

  it('refuses everything else', () => {
    assertRejects(FiniteNumber, Number.NaN, 'the body: got NaN, expected a finite number');
    assertRejects(FiniteNumber, Infinity, 'the body: got Infinity, expected a finite number');
    assertRejects(FiniteNumber, '0.5', 'the body: got "0.5", expected a finite number');
    assertRejects(FiniteNumber, null, 'the body: got null, expected a finite number');
  });
});

describe('MetricValue', () => {
  it('reads null, which servers write for NaN, as NaN', () => {
    assertDecodes(MetricValue, 0.25, 0.25);
    assertDecodes(MetricValue, null, Number.NaN);
  });

  it('refuses what is no number', () => {
    assertRejects(MetricValue, '0.25', 'the body: got "0.25", expected a number');
    assertRejects(MetricValue, undefined, 'the body: got undefined, expected a number');
    expect([1, Number.NaN, null].map((value) => MetricValue.is(value))).toEqual([true, true, false]);
  });
});

describe('UserMetadata', () => {
  it('takes any object and keeps what it holds', () => {
    assertDecodes(UserMetadata, { a: 1, b: ['x', null], c: { d: true } }, { a: 1, b: ['x', null], c: { d: true } });
  });

  it('refuses a list', () => {
    assertRejects(UserMetadata, ['a'], 'the body: got an array of 1, expected an object');
  });
});
