import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const document = new URL('../../docs/self-hosted.md', import.meta.url);
const text = readFileSync(document, 'utf8');

interface Row {
  readonly number: number;
  readonly tests: readonly { readonly file: string; readonly test: string }[];
}

/** The rows of the checklist. */
function rows(): readonly Row[] {
  return text.split('\n').flatMap((line) => {
    const [, number, , , cell, end] = /^\| \d+ \|/.test(line) ? line.split(' | ').flatMap((part) => part.split(/^\| | \|$/)) : [];
    if (number === undefined || cell === undefined || end !== '') return [];
    const tests = cell.split('<br>').map((reference) => {
      const [, file = '', test = ''] = /^\[`.+`\]\((.+)\) › (.+)$/.exec(reference) ?? [];
      return { file, test };
    });
    return [{ number: Number(number), tests }];
  });
}

/** The names of a file's tests, each with the `describe` around it; skipped ones do not count. */
function testsIn(file: string): readonly string[] {
  let group = '';
  return readFileSync(new URL(file, document), 'utf8').split('\n').flatMap((line) => {
    group = /^describe\('(.+)', /.exec(line)?.[1] ?? group;
    const name = /^ {2}(?:it(?:\.each.*)?|\]\))\('(.+)', (?:async )?\(/.exec(line)?.[1];
    return name === undefined ? [] : [`${group} › ${name}`];
  });
}

describe('the checklist', () => {
  it('has 39 rows, in order', () => {
    expect(rows().map(({ number }) => number)).toEqual(Array.from({ length: 39 }, (_, index) => index + 1));
  });

  it.each(rows())('names the tests of row $number', ({ tests }) => {
    for (const { file, test } of tests) {
      expect(file).toMatch(/^\.\.\/tests\/self-hosted\/.+\.test\.ts$/);
      expect(existsSync(new URL(file, document))).toBe(true);
      expect(testsIn(file).filter((name) => name === test)).toEqual([test]);
    }
  });
});

describe('the document', () => {
  it('says what is not faithful on JAX', () => {
    const section = text.split('\n## ').find((part) => part.startsWith('What comes out is different'));
    expect(section).toContain('Custom losses (`forwardBackwardCustom`) are right only when');
    expect(section).toContain('Sampling from an older checkpoint puts the training weights back to it');
  });
});
