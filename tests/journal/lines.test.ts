import { describe, expect, it } from '@jest/globals';
import { crc32 } from 'node:zlib';
import { readLines, toLine } from '../../src/journal/lines.js';
import { TinkerError } from '../../src/types/errors.js';
import { accepted, header, intent } from '../support/journal.js';

const bytes = (...lines: readonly string[]) => new TextEncoder().encode(lines.join(''));
const [first, second, third] = [toLine(header), toLine(intent('optimStep', [1])), toLine(accepted(1))] as const;

function refusal(...lines: readonly string[]): unknown {
  try {
    return readLines('/j/a.journal', bytes(...lines));
  } catch (thrown) {
    return thrown instanceof TinkerError ? `${thrown.kind}: ${thrown.message}` : thrown;
  }
}

describe('readLines', () => {
  it('gives back what was written', () => {
    expect(readLines('a', bytes(first, second, third))).toEqual({ header, records: [intent('optimStep', [1]), accepted(1)], tornBytes: 0 });
  });

  it('writes large whole numbers as text', () => {
    expect(readLines('a', bytes(toLine({ ...header, model: { seed: 2n ** 60n } }))).header.model).toEqual({ seed: '1152921504606846976' });
  });

  it.each([1, 10, third.length - 1])('leaves out a last line of which only %i bytes were written', (length) => {
    expect(readLines('a', bytes(first, second, third.slice(0, length)))).toMatchObject({ records: [{ seqId: 1 }], tornBytes: length });
  });

  it('leaves out a last line whose middle was not written', () => {
    const holed = `${third.slice(0, 5)}\0\0\0${third.slice(8)}`;
    expect(readLines('a', bytes(first, second, holed))).toMatchObject({ records: [{ type: 'intent' }], tornBytes: holed.length });
  });

  it.each([
    ['a changed number', second.replace('"seqId":1', '"seqId":2')],
    ['a line that is none', 'hello\n'],
    ['an empty line', '\n'],
  ])('refuses %s before the last line', (_, line) => {
    expect(refusal(first, line, third)).toMatch(/^journal: \/j\/a.journal: line 2 is damaged\. A journal that is damaged cannot say what the server was sent/);
  });

  it('refuses a record that it does not know', () => {
    const text = '{"type":"other"}';
    const line = `{"type":"other","crc":"${crc32(text).toString(16).padStart(8, '0')}"}\n`;
    expect(refusal(first, line, third)).toContain('line 2 is damaged');
  });

  it('refuses a newer version, and names both', () => {
    expect(refusal(toLine({ ...header, version: 7 }), second)).toBe(
      'journal: /j/a.journal is a journal of version 7; this tinkerjs reads versions up to 1. Use the tinkerjs that wrote it, or a newer one.',
    );
  });

  it.each([
    ['an empty file', [], 'line 1 is missing, the file is empty'],
    ['a file that begins otherwise', [second], 'line 1 is not the header of a journal'],
    ['a file of something else', ['<html>\n'], 'line 1 is damaged'],
    ['a header that is torn', [first.slice(0, 20)], 'line 1 is not the header of a journal'],
  ])('refuses %s', (_, lines, message) => {
    expect(refusal(...lines)).toContain(message);
  });
});
