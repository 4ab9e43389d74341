import { describe, expect, it } from '@jest/globals';
import { isUint8Array } from 'node:util/types';
import { createApp } from '../../src/inspector/app.js';
import { History } from '../../src/inspector/history.js';
import { Pages } from '../../src/inspector/pages.js';
import { Services } from '../../src/inspector/services.js';
import { settle } from '../support/manual-clock.js';
import { samples } from './made.js';
import { ManualTimers } from './manual-timers.js';

describe('the inspector without a socket', () => {
  it('makes nothing for a page that does not read', async () => {
    const history = new History(100_000_000);
    const source = { history, hello: { instance: 'me', version: 1, source: 'live', control: false }, timers: new ManualTimers() } as const;
    const pages = new Pages();
    const app = createApp({ source, pages, services: new Services(), token: undefined });
    history.write(samples(20_000, 'open'));
    const { body } = await app.request('http://localhost/api/stream');
    for (let turn = 0; turn < 20; turn += 1) await settle();
    history.write(samples(20_000));
    let stale = 0;
    let isOver = false;
    const reader = body?.getReader();
    const decoder = new TextDecoder();
    while (!isOver) {
      const { value, done }: { value: unknown; done: boolean } = (await reader?.read()) ?? { value: undefined, done: true };
      const text = isUint8Array(value) ? decoder.decode(value, { stream: true }) : '';
      stale += text.split('"polling"').length - 1;
      isOver = done || text.includes('"op-19999"');
    }
    pages.closeAll();
    // Events of at most 500: what waited in the streams between, and not the 20,000 that are there.
    expect(stale).toBeLessThan(3_000);
  });
});
