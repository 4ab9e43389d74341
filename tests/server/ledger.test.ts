import { expect, it } from '@jest/globals';
import { Ledger } from '../../src/server/ledger.js';

it('counts requests by endpoint, and those beyond ten thousand endpoints together', () => {
  const ledger = new Ledger(false);
  for (let index = 0; index < 10_002; index += 1) ledger.received(`sessions/${index}`);
  ledger.received('sessions/0');
  const { requests } = ledger.report();
  expect([Object.keys(requests).length, requests['sessions/0'], requests['sessions/9999'], requests['others']]).toEqual([10_001, 2, 1, 2]);
});
