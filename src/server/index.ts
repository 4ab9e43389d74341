/** Entry point `tinkerjs/server`: the Tinker training API on this machine. */
export { startLocalServer, type Faults, type LocalServer } from './local-server.js';
export type { LocalServerOptions } from './options/options.js';
export type { ClientSettings, JwtAuth } from './options/options-client.js';
export type { FaultAction, FaultRule } from './faults/fault-rule.js';
export type { ActiveFault } from './faults/faults.js';
export type { CheckpointWork, ExecutedOperation, LedgerReport, OperationKind, SkippedNumber } from './ledger.js';
export { TinkerError } from '../types/errors.js';
