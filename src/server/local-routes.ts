import * as t from 'io-ts';
import { post } from '../api/route.js';
import { TinkerError } from '../types/errors.js';
import { checkFaultRule, type FaultRule } from './faults/fault-rule.js';
import { jsonResponse, HttpError } from './http-error.js';
import { LedgerReport } from './ledger.js';
import type { LocalApi } from './local-api.js';
import { answer, type ServerApp } from './routing.js';

const faultsPath = '/api/v1/local/faults';
const addFault = post(faultsPath, t.unknown, t.strict({ id: t.string }));

/**
 * Fault injection and the ledger, for tests; only there when the server was started with `faults`.
 *
 * | call | body | answer |
 * | --- | --- | --- |
 * | `POST …/local/faults` | a `FaultRule` | `{"id"}` |
 * | `GET …/local/faults` | | `{"faults": [rule with id and seen]}` |
 * | `DELETE …/local/faults?id=` | | `{"removed": n}`; without `id` all of them |
 * | `GET …/local/ledger?model_id=` | | a {@link LedgerReport}; without `model_id` of all models |
 */
export function addLocalRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, addFault, (given) => ({ id: api.faults.add(ruleOf(given)) }));
  app.get(faultsPath, () => jsonResponse({ faults: api.faults.list() }));
  app.delete(faultsPath, (c) => {
    const id = c.req.query('id');
    const removed = id === undefined ? api.faults.list().length : Number(api.faults.remove(id));
    if (id === undefined) api.faults.clear();
    if (id !== undefined && removed === 0) throw new HttpError(404, `There is no fault ${id}.`);
    return jsonResponse({ removed });
  });
  app.get('/api/v1/local/ledger', (c) => jsonResponse(LedgerReport.encode(api.ledger.report(c.req.query('model_id')))));
}

function ruleOf(given: unknown): FaultRule {
  try {
    return checkFaultRule(given);
  } catch (thrown) {
    throw thrown instanceof TinkerError ? new HttpError(422, thrown.message) : thrown;
  }
}
