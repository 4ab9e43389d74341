import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/** The plan's cases, by the file that it planned them in. */
const planned: Readonly<Record<string, readonly string[]>> = {
  'test/tinkex/types/load_weights_request_test.exs': [
    'struct creation › creates with required fields',
    'struct creation › creates with optimizer: true',
    'struct creation › creates with seq_id',
    'JSON encoding › encodes optimizer field correctly (false)',
    'JSON encoding › encodes optimizer field correctly (true)',
    'wire protocol compatibility › matches Python wire format (without optimizer)',
    'wire protocol compatibility › matches Python wire format (with optimizer)',
  ],
  'test/tinkex/training_client_save_state_test.exs': [
    'save_state/3 › returns Task that yields SaveWeightsResponse',
    'save_state/3 › sends correct request to weights API',
    'save_state/3 › increments request counter',
    'save_state/3 › handles API errors',
    'wire format › sends correct JSON to server',
  ],
  'test/tinkex/training_client_load_state_test.exs': [
    'load_state/3 › returns Task that yields LoadWeightsResponse',
    'load_state/3 › sends request with optimizer: false',
    'load_state/3 › increments request counter',
    'load_state/3 › handles API errors',
    'wire format › sends correct JSON with optimizer: false',
  ],
  'test/tinkex/training_client_load_optimizer_test.exs': [
    'load_state_with_optimizer/3 › returns Task that yields LoadWeightsResponse',
    'load_state_with_optimizer/3 › sends request with optimizer: true',
    'load_state_with_optimizer/3 › reuses same GenServer handler as load_state',
    'wire format › sends correct JSON with optimizer: true',
  ],
  'test/tinkex/service_client_from_state_test.exs': [
    'create_training_client_from_state/3 › queries weights metadata',
    'create_training_client_from_state/3 › creates client with same architecture',
    'create_training_client_from_state/3 › loads weights without optimizer by default',
    'create_training_client_from_state/3 › loads weights with optimizer when requested',
    'create_training_client_from_state/3 › returns training client on success',
    'create_training_client_from_state/3 › handles metadata query errors',
    'create_training_client_from_state/3 › handles client creation errors',
    'create_training_client_from_state/3 › handles load errors',
  ],
  'test/integration/checkpoint_workflow_test.exs': [
    'checkpoint save and load › save → load → verify weights match',
    'checkpoint save and load › save → load_with_optimizer → verify optimizer state',
    'checkpoint save and load › save → create_from_state → verify',
    'cross-session training › train → save → stop → restart → load → train',
  ],
  'test/wire_protocol/python_compatibility_test.exs': [
    'LoadWeightsRequest compatibility › Elixir request matches Python format exactly',
    'SaveWeightsRequest compatibility › Elixir request matches Python format',
  ],
  'test/error_handling/checkpoint_errors_test.exs': [
    'save_state errors › handles network timeout',
    'save_state errors › handles server error (500)',
    'save_state errors › handles invalid response',
    'load_state errors › handles nonexistent checkpoint',
    'load_state errors › handles corrupted checkpoint',
    'load_state errors › handles architecture mismatch',
    'create_from_state errors › handles missing metadata',
    'create_from_state errors › handles load failure after creation',
  ],
  'test/performance/checkpoint_performance_test.exs': [
    'save_state performance › saves large checkpoint in reasonable time',
    'load_state performance › loads large checkpoint in reasonable time',
    'concurrent saves › handles multiple concurrent save requests',
  ],
};

/** The only cases that have another name here, since their own is about another language. */
const renamed: Readonly<Record<string, string>> = {
  'load_state_with_optimizer/3 › reuses same GenServer handler as load_state': 'load_state_with_optimizer/3 › reuses same handler as load_state',
  'LoadWeightsRequest compatibility › Elixir request matches Python format exactly':
    'LoadWeightsRequest compatibility › TypeScript request matches Python format exactly',
  'SaveWeightsRequest compatibility › Elixir request matches Python format': 'SaveWeightsRequest compatibility › TypeScript request matches Python format',
};

interface Row {
  readonly plannedIn: string;
  readonly plannedCase: string;
  readonly file: string;
  readonly test: string;
}

const root = new URL('../', import.meta.url);
const rowPattern = /^\| \d+ \| `(?<plannedIn>[^`]+)` \| (?<plannedCase>.+?) \| \[`(?<file>[^`]+)`\]\(\.\.\/\k<file>\) \| (?<test>.+?) \|$/;

/** The rows of the table in the document. */
function rows(): readonly Row[] {
  const lines = readFileSync(new URL('docs/test-plan.md', root), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const { plannedIn, plannedCase, file, test } = rowPattern.exec(line)?.groups ?? {};
    if (plannedIn === undefined || plannedCase === undefined || file === undefined || test === undefined) return [];
    return [{ plannedIn, plannedCase, file, test }];
  });
}

/** The names of a file's tests, each with the `describe` around it; skipped ones do not count. */
function testsIn(file: string): readonly string[] {
  let group = '';
  return readFileSync(new URL(file, root), 'utf8').split('\n').flatMap((line) => {
    group = /^describe\('(.+)', /.exec(line)?.[1] ?? group;
    const name = /^ {2}it\('(.+)', /.exec(line)?.[1];
    return name === undefined ? [] : [`${group} › ${name}`];
  });
}

describe('the test plan', () => {
  it('has each of the 46 cases in its table, once and in order', () => {
    const cases = Object.entries(planned).flatMap(([plannedIn, names]) => names.map((plannedCase) => ({ plannedIn, plannedCase })));
    expect(cases).toHaveLength(46);
    expect(rows().map(({ plannedIn, plannedCase }) => ({ plannedIn, plannedCase }))).toEqual(cases);
  });

  it('keeps the name of every case', () => {
    expect(rows().map(({ test }) => test)).toEqual(rows().map(({ plannedCase }) => renamed[plannedCase] ?? plannedCase));
  });

  it.each(rows())('finds $plannedCase in $file', ({ file, test }) => {
    expect(file).toMatch(/^tests\/.+\.test\.ts$/);
    expect(existsSync(new URL(file, root))).toBe(true);
    expect(testsIn(file).filter((name) => name === test)).toEqual([test]);
  });
});
