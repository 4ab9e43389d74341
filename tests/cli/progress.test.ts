import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { progressBar } from '../../src/cli/progress.js';

/** A stream and what was written to it. */
function output(isTTY: boolean) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 80 });
  return { stream, written: () => String(stream.read() ?? '') };
}

describe('a progress bar', () => {
  it('is a line for each part that begins where there is no terminal', () => {
    const { stream, written } = output(false);
    const bar = progressBar(stream);
    for (const [done, part] of [[0, 'save'], [1, 'save'], [1, 'probe'], [2, 'probe']] as const) bar.show({ done, total: 2, part });
    bar.end();
    expect(written()).toBe('1/2 save\n2/2 probe\n');
  });

  it('is a bar in a terminal, which ends wherever it has come to', () => {
    const { stream, written } = output(true);
    const bar = progressBar(stream);
    bar.show({ done: 0, total: 2, part: 'save' });
    bar.show({ done: 1, total: 2, part: 'probe' });
    bar.end();
    expect(written()).toContain('1/2 probe');
    const idle = output(true);
    progressBar(idle.stream).end();
    expect(idle.written()).toBe('');
  });
});
