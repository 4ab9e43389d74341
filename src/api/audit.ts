import { AuditLogRequest, AuditLogResponse } from '../types/audit.js';
import { query } from './route.js';

/** What was done on one day. */
export const auditLog = query('/api/v1/audit', AuditLogRequest, AuditLogResponse);
