import { kindOf } from './counters.js';
import type { Environment } from '../machines/environment.js';
import type { TrainingActor } from '../machines/training-machine.js';
import { Notices } from './notices.js';

/** Something that the server lets wait, as `onQueueState` is told of it. */
export interface QueueStateNews {
  /** As `Operation.id` has it, or the name of a request that is none. */
  readonly operationId: string;
  /** What was called, such as `forwardBackward` or `sample`. */
  readonly kind: string;
  /** The training client's model; undefined for what belongs to none. */
  readonly modelId?: string | undefined;
  /** The sampling client's session; undefined for what belongs to none. */
  readonly samplingSessionId?: string | undefined;
  /** `paused_capacity`, `paused_rate_limit`, `paused_billing`, or what else the server says (wire protocol §3.2, §3.7). */
  readonly queueState: string;
  /** The server's reason, or what the state usually means. */
  readonly reason: string;
}

/** The same as machines tell it: also when the wait is over, and without a reason. */
export interface QueueStateReport extends Omit<QueueStateNews, 'queueState' | 'reason'> {
  /** Undefined when it goes on. */
  readonly queueState: string | undefined;
  readonly reason: string | undefined;
}

const billing = 'paused_billing';
const known = new Set([billing, 'paused_capacity', 'paused_rate_limit']);

/** Tells the user when the server lets operations wait, and knows which of them wait for the account. */
export class QueueStates {
  readonly #environment: Environment;
  readonly #onQueueState: (news: QueueStateNews) => void;
  /** Since when, by operation. */
  readonly #billing = new Map<string, number>();

  constructor(environment: Environment, onQueueState: ((news: QueueStateNews) => void) | undefined) {
    this.#environment = environment;
    this.#onQueueState = onQueueState ?? warnings(new Notices(environment));
  }

  tell({ queueState, reason = '', ...about }: QueueStateReport): void {
    if (queueState !== billing) this.#billing.delete(about.operationId);
    else if (!this.#billing.has(about.operationId)) this.#billing.set(about.operationId, this.#environment.now());
    if (queueState === undefined || queueState === 'active' || (reason === '' && !known.has(queueState))) return;
    this.#onQueueState({ ...about, queueState, reason: reason === '' ? usualReason(about, queueState) : reason });
  }

  /** Tells what happens to the operations of a training client. */
  follow(actor: TrainingActor, modelId: string): void {
    actor.on('operation.queueState', ({ id, queueState, reason }) => this.tell({ operationId: id, kind: kindOf(id), modelId, queueState, reason }));
    for (const end of ['operation.done', 'operation.failed', 'operation.dropped'] as const) actor.on(end, ({ id }) => this.forget(id));
  }

  /** The operation is over, and with it any wait. */
  forget(operationId: string): void {
    this.#billing.delete(operationId);
  }

  /** Milliseconds since the first of those that wait for the account began to; undefined when none does. */
  get billingPausedMs(): number | undefined {
    return this.#billing.size === 0 ? undefined : this.#environment.now() - Math.min(...this.#billing.values());
  }
}

function usualReason({ samplingSessionId }: { samplingSessionId?: string | undefined }, queueState: string): string {
  if (queueState === 'paused_capacity') return 'the server is running short of capacity, please wait';
  if (queueState === billing) return 'the account is blocked, check its billing';
  return samplingSessionId === undefined
    ? 'too many training clients at once for the rate limit'
    : 'too many sampler weights at once for the limit';
}

function warnings(notices: Notices): (news: QueueStateNews) => void {
  return ({ kind, modelId, samplingSessionId, queueState, reason }) => {
    const client = modelId ?? samplingSessionId;
    notices.warn(client ?? kind, `${kind}${client === undefined ? '' : ` of ${client}`} waits (${queueState}): ${reason}`);
  };
}
