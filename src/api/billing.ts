import { BillingUsageRequest, BillingUsageResponse } from '../types/billing.js';
import { query } from './route.js';

/** What was used. */
export const billingUsage = query('/api/v1/billing/usage/events', BillingUsageRequest, BillingUsageResponse);
