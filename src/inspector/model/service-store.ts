import type {
  ActorRecord,
  ChartRecord,
  CheckpointRecord,
  ErrorRecord,
  InspectionRecord,
  MetricsRecord,
  NoticeRecord,
  OperationRecord,
  SamplingRecord,
  ServiceRecord,
  TrainingRecord,
} from '../../inspection/records.js';
import { Shelf } from './shelf.js';

/** How much is kept of one service. What is still going on is kept beyond that. */
export interface StoreLimits {
  readonly operations: number;
  readonly actors: number;
  readonly metrics: number;
  readonly others: number;
}

/** The newest records of one service, by type and key. */
export class ServiceStore {
  readonly id: string;
  service: ServiceRecord | undefined;
  readonly charts: Shelf<ChartRecord>;
  readonly actors: Shelf<ActorRecord>;
  readonly trainings: Shelf<TrainingRecord>;
  readonly samplings: Shelf<SamplingRecord>;
  readonly operations: Shelf<OperationRecord>;
  readonly metrics: Shelf<MetricsRecord>;
  readonly checkpoints: Shelf<CheckpointRecord>;
  readonly errors: Shelf<ErrorRecord>;
  readonly notices: Shelf<NoticeRecord>;

  constructor(id: string, limits: StoreLimits) {
    this.id = id;
    this.charts = new Shelf(limits.others);
    this.actors = new Shelf(limits.actors, ({ status }) => status !== 'active');
    this.trainings = new Shelf(limits.others, ({ state }) => state === 'stopped');
    this.samplings = new Shelf(limits.others, ({ state }) => state === 'stopped');
    this.operations = new Shelf(limits.operations, ({ endedAt }) => endedAt !== undefined);
    this.metrics = new Shelf(limits.metrics);
    this.checkpoints = new Shelf(limits.others);
    this.errors = new Shelf(limits.others);
    this.notices = new Shelf(limits.others);
  }

  put(record: InspectionRecord): void {
    switch (record.type) {
      case 'service':
        this.service = record;
        return;
      case 'chart':
        this.charts.put(record);
        return;
      case 'actor':
        this.actors.put(record);
        return;
      case 'training':
        this.trainings.put(record);
        return;
      case 'sampling':
        this.samplings.put(record);
        return;
      case 'operation':
        this.operations.put(record);
        return;
      case 'metrics':
        this.metrics.put(record);
        return;
      case 'checkpoint':
        this.checkpoints.put(record);
        return;
      case 'error':
        this.errors.put(record);
        return;
      case 'notice':
        this.notices.put(record);
    }
  }
}
