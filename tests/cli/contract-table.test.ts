import { describe, expect, it } from '@jest/globals';
import { contractMarkdown, contractSummary, contractTable } from '../../src/cli/contract-table.js';
import type { ContractReport, Finding } from '../../src/contract/run.js';

function finding(area: string, check: string, more: Partial<Finding> = {}): Finding {
  return { area, check, outcome: 'supported', detail: '', isRequired: false, ms: 12, ...more };
}

const report: ContractReport = {
  url: 'http://127.0.0.1:8000',
  baseModel: 'base',
  version: '1.2.3',
  findings: [
    finding('start', 'health'),
    finding('start', 'session', { isRequired: true, outcome: 'failed', detail: 'broken | so' }),
    finding('losses', 'dro', { outcome: 'notOffered', detail: '422' }),
  ],
  counts: { supported: 1, notOffered: 1, differs: 0, failed: 1, notTried: 0 },
  isUsable: false,
  leftBehind: { checkpoints: ['tinker://r/weights/a'], models: ['m'] },
};

describe('the table of a contract', () => {
  it('names an area once, and marks what is required', () => {
    const lines = contractTable(report).split('\n').map((line) => line.split('│').map((cell) => cell.trim()).join('|'));
    expect(lines.slice(1, -1)).toEqual([
      '||check|outcome|what it is like|',
      expect.stringMatching(/^├─/),
      '|start|health|supported||',
      '||session *|FAILED|broken | so|',
      '|losses|dro|not offered|422|',
    ]);
  });

  it('can be written for a document', () => {
    expect(contractMarkdown(report).split('\n')).toEqual([
      '|  | check | outcome | what it is like |',
      '| --- | --- | --- | --- |',
      '| start | health | supported |  |',
      '|  | session * | FAILED | broken \\| so |',
      '| losses | dro | not offered | 422 |',
    ]);
  });

  it('has a summary that says what is missing, and what was left behind', () => {
    expect(contractSummary(report)).toBe(
      'http://127.0.0.1:8000, base model base, tinkerjs 1.2.3: 1 supported, 1 not offered, 1 failed.\n' +
        'Something that is required (*) is missing: see the rows above.\n' +
        'Left behind, since the server did not remove it: tinker://r/weights/a, m',
    );
    expect(contractSummary({ ...report, baseModel: undefined, isUsable: true, leftBehind: { checkpoints: [], models: [] } })).toBe(
      'http://127.0.0.1:8000, base model unknown, tinkerjs 1.2.3: 1 supported, 1 not offered, 1 failed.\nEverything that is required (*) is there.',
    );
  });
});
