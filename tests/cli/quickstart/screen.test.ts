import { PassThrough } from 'node:stream';
import { describe, expect, it, jest } from '@jest/globals';
import { plainScreen, silentScreen, terminalScreen } from '../../../src/cli/quickstart/screen.js';

function collect(): { readonly output: PassThrough; readonly text: () => string } {
  const output = new PassThrough();
  return { output, text: () => String(output.read() ?? '') };
}

describe('plainScreen', () => {
  it('writes a few lines per run, the first and last step among them', () => {
    const { output, text } = collect();
    const display = plainScreen(output).follow(1, 10);
    for (let step = 1; step <= 10; step++) display.show({ step, loss: step / 3 });
    display.end();
    expect(text()).toBe([
      '   step 1 of 10, loss 0.3333', '   step 3 of 10, loss 1.0000', '   step 6 of 10, loss 2.0000',
      '   step 9 of 10, loss 3.0000', '   step 10 of 10, loss 3.3333', '',
    ].join('\n'));
  });

  it('writes what is said', () => {
    const { output, text } = collect();
    plainScreen(output).say('two\nlines');
    expect(text()).toBe('two\nlines\n');
  });
});

describe('terminalScreen', () => {
  it('says things as they are', () => {
    const { output, text } = collect();
    const screen = terminalScreen(output, false);
    screen.say('hello');
    screen.close();
    expect(text()).toBe('hello\n');
  });
});

describe('silentScreen', () => {
  it('takes everything and writes nothing', () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    silentScreen.say('a');
    const display = silentScreen.follow(1, 2);
    display.show({ step: 1, loss: 1 });
    display.end();
    silentScreen.close();
    const calls = write.mock.calls.length;
    write.mockRestore();
    expect(calls).toBe(0);
  });
});
