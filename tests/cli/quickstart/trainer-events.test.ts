import { describe, expect, it } from '@jest/globals';
import { readTrainerEvent } from '../../../src/cli/quickstart/trainer-events.js';

describe('readTrainerEvent', () => {
  it('reads a step', () => {
    expect(readTrainerEvent('{"event":"step","step":3,"loss":2.5}')).toEqual({ event: 'step', step: 3, loss: 2.5 });
  });

  it('reads a save', () => {
    expect(readTrainerEvent('{"event":"saved","step":3,"path":"tinker://a/weights/b"}')).toEqual({
      event: 'saved', step: 3, path: 'tinker://a/weights/b',
    });
  });

  it('keeps every bit of a loss', () => {
    const loss = 0.1 + 0.2;
    expect(readTrainerEvent(JSON.stringify({ event: 'step', step: 1, loss }))).toEqual({ event: 'step', step: 1, loss });
  });

  it('says what to do when the loss is no longer a number', () => {
    expect(() => readTrainerEvent(JSON.stringify({ event: 'step', step: 1, loss: NaN }))).toThrow(
      'the loss is no longer a finite number: training diverged. Try a lower --learning-rate',
    );
  });

  it.each(['', 'hello', '{"event":"step"}', '{"event":"other","step":1}', '[]'])('refuses the line %j', (line) => {
    expect(() => readTrainerEvent(line)).toThrow(`the trainer wrote something unexpected: ${line}`);
  });
});
