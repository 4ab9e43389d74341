export type { InspectionRecord } from '../inspection/records.js';
