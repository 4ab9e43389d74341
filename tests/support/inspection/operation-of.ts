import type { OperationRecord } from '../../../src/inspection/records.js';

/** An operation of a training client in which only what matters to a test has to be said. */
export function operationOf(given: Partial<OperationRecord>): OperationRecord {
  const { calledAt = 0, endedAt } = given;
  return {
    type: 'operation',
    service: 'service-1',
    key: `op-${calledAt}`,
    at: endedAt ?? calledAt,
    kind: 'forwardBackward',
    group: 'training',
    client: 'model-1',
    status: endedAt === undefined ? 'polling' : 'done',
    calledAt,
    phases: [],
    marks: [],
    ...given,
  };
}
