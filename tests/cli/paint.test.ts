import { describe, expect, it } from '@jest/globals';
import { paint, wantsColor } from '../../src/cli/paint.js';

describe('paint', () => {
  it('colours only where colours are wanted', () => {
    expect(paint('a', 'red', true)).toBe('\u001b[31ma\u001b[39m');
    expect(paint('a', 'red', false)).toBe('a');
  });
});

describe('wantsColor', () => {
  it('wants colours in a terminal', () => {
    expect(wantsColor({ isTTY: true }, {})).toBe(true);
    expect(wantsColor({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
  });

  it.each([
    ['a pipe', {}, {}],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
  ])('wants none with %s', (_, stream, environment) => {
    expect(wantsColor(stream, environment)).toBe(false);
  });
});
