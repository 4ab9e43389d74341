/**
 * What an inspector is told: small values only, so that they can be kept, sent and written to a file. Every record
 * replaces an earlier one of the same `type`, `service` and `key`. Moments (`at`, `…At`) are milliseconds since 1970,
 * durations are milliseconds.
 */
export type InspectionRecord =
  | ServiceRecord
  | ChartRecord
  | ActorRecord
  | TrainingRecord
  | SamplingRecord
  | OperationRecord
  | MetricsRecord
  | CheckpointRecord
  | ErrorRecord
  | NoticeRecord;

/** Version of this format, the first thing that a recording says. */
export const recordsVersion = 1;

interface RecordBase {
  /** Id of the service, unique among all processes. */
  readonly service: string;
  /** Unique among the records of its type and service. */
  readonly key: string;
  /** When it changed last. */
  readonly at: number;
}

/** A `ServiceClient`: its session, and where it runs. Its key is empty. */
export interface ServiceRecord extends RecordBase {
  readonly type: 'service';
  /** The server's URL; holds no secrets. */
  readonly baseUrl: string;
  /** Version of this package. */
  readonly version: string;
  readonly nodeVersion: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Absent while it is open. */
  readonly closedAt?: number;
  readonly session: SessionFacts;
  /** Since when operations wait for the account; absent when none does (wire protocol §3.7). */
  readonly billingPausedAt?: number;
}

/** How the session with the server is. */
export interface SessionFacts {
  readonly state: 'unopened' | 'opening' | 'beating' | 'atRisk' | 'failed' | 'lost';
  /** Absent before it was opened. */
  readonly id?: string;
  /** When the server was heard of last; absent before. */
  readonly heardAt?: number;
  /** Heartbeats that were answered. */
  readonly heartbeats: number;
  /** Heartbeats that were not. */
  readonly failedHeartbeats: number;
  /** How long the last answered heartbeat took. */
  readonly heartbeatMs?: number;
}

/** The chart of a machine. Its key is the machine's id. */
export interface ChartRecord extends RecordBase {
  readonly type: 'chart';
  readonly chart: MachineChart;
}

/** States and transitions of a machine, as plain data. */
export interface MachineChart {
  readonly id: string;
  /** Parents before their children; the root itself is left out. */
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

export interface ChartState {
  /** Its place, such as `alive.pulse.resting`. */
  readonly path: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Whether its parent begins with it. */
  readonly initial: boolean;
  /** Names of the actors that run while it is active. */
  readonly invokes: readonly string[];
}

export interface ChartTransition {
  /** Path of the state that it leaves; empty for the root, from wherever the machine is. */
  readonly from: string;
  /** Paths of the states that it enters; empty where it changes the context only. */
  readonly to: readonly string[];
  /** Event as people read it: its type, `after heartbeat`, `always`, `poll done`. */
  readonly event: string;
  /** Name of its guard; absent without one. */
  readonly guard?: string;
}

/** An actor that runs, or ran. Its key is unique within the service. */
export interface ActorRecord extends RecordBase {
  readonly type: 'actor';
  /** Its id as its parent knows it. */
  readonly id: string;
  /** Key of its parent; absent for the root. */
  readonly parent?: string;
  /** Id of its machine. */
  readonly machine: string;
  /** Paths of its active states without their parents, such as `alive.pulse.resting`. */
  readonly states: readonly string[];
  /** Since when it is in them. */
  readonly since: number;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** Transitions so far that changed the state. */
  readonly transitions: number;
  /** The newest of them, oldest first; at most ten. */
  readonly recent: readonly ActorTransition[];
}

export interface ActorTransition {
  readonly event: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly at: number;
}

/** A training client. Its key is the model's id. */
export interface TrainingRecord extends RecordBase {
  readonly type: 'training';
  /** Id of its actor, as its parent knows it. */
  readonly actor: string;
  readonly state: 'idle' | 'submitting' | 'holding' | 'computing' | 'paused' | 'wedged' | 'stopped';
  /** Whether the program, or somebody at the page, holds back what has not begun yet. */
  readonly paused: boolean;
  /** The first hundred operations that wait to be sent, in order. */
  readonly queue: readonly QueuedFacts[];
  /** How many wait in all, and their bytes. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly sending?: { readonly id: string; readonly kind: string; readonly seqIds: readonly number[] };
  /** The first hundred operations whose results are awaited. */
  readonly inFlight: readonly InFlightFacts[];
  readonly inFlightCount: number;
  /** The number that the next new request gets. */
  readonly nextSeqId: number;
  readonly optimSteps: number;
  readonly counters: { readonly accepted: number; readonly done: number; readonly failed: number; readonly cancelled: number };
  /** Path of the checkpoint that it saved last. */
  readonly lastCheckpoint?: string;
}

export interface QueuedFacts {
  readonly id: string;
  readonly kind: string;
  /** Estimated bytes of its bodies. */
  readonly bytes: number;
  /** Requests that it is sent as. */
  readonly parts: number;
}

export interface InFlightFacts {
  readonly id: string;
  readonly kind: string;
  readonly seqIds: readonly number[];
  readonly polls: number;
  readonly queueState?: string;
}

/** A sampling client. Its key is the id of its actor. */
export interface SamplingRecord extends RecordBase {
  readonly type: 'sampling';
  readonly samplingSessionId: string;
  readonly state: 'idle' | 'busy' | 'stopped';
  /** State of the gate that all sampling clients of the service pass. */
  readonly gate: string;
  readonly waiting: number;
  readonly running: number;
  readonly counters: { readonly done: number; readonly failed: number; readonly cancelled: number; readonly resubmitted: number };
  /**
   * Samples that were done within a second and left no record of their own: where more than 200 a second are made, records
   * are made of some.
   */
  readonly unrecorded: number;
}

/** Where the time of an operation goes. */
export type PhaseName = 'queued' | 'encoding' | 'sending' | 'waiting' | 'paused' | 'downloading';

/** A call on its way. Its key is the operation's id. */
export interface OperationRecord extends RecordBase {
  readonly type: 'operation';
  /** What was called, such as `forwardBackward`. */
  readonly kind: string;
  /** Whose call it is: a training client (model id), a sampling client (actor id), or the service itself. */
  readonly group: 'training' | 'sampling' | 'service';
  /** Key of that client's record; absent for the service. */
  readonly client?: string;
  readonly status: 'queued' | 'sending' | 'polling' | 'paused' | 'done' | 'failed' | 'cancelled';
  readonly calledAt: number;
  /** Absent while it is open; a wedged operation has failed and is open. */
  readonly endedAt?: number;
  /** In the order in which they began; each lasts until the next begins. At most 64. */
  readonly phases: readonly Phase[];
  /** What went otherwise than at once. At most 64. */
  readonly marks: readonly Mark[];
  /** Phases and marks beyond those; absent when there are none. */
  readonly leftOut?: number;
  /** Numbers of its requests; absent until it is sent. */
  readonly seqIds?: readonly number[];
  /** The server's name for it; absent until it is accepted. */
  readonly requestId?: string;
  /** Estimated bytes of its bodies. */
  readonly bytes?: number;
  /** Requests that it is sent as, where that is known. */
  readonly parts?: number;
  /** Optimizer steps that the server accepted before it; training only, absent until it is sent. */
  readonly optimStepsBefore?: number;
  /** What the server said last about its queue, and why. */
  readonly queueState?: string;
  readonly reason?: string;
  /** How it failed. */
  readonly error?: { readonly kind: string; readonly message: string };
}

export interface Phase {
  readonly name: PhaseName;
  /** Milliseconds after the call. */
  readonly ms: number;
  /** Why it is paused. */
  readonly reason?: string;
}

/** A request that was sent again, a poll that failed, a sample that was asked for anew under a new number. */
export interface Mark {
  readonly name: 'sent again' | 'poll failed' | 'asked anew';
  /** Milliseconds after the call. */
  readonly ms: number;
  readonly why: string;
}

/** Metrics of an operation of a training client. Its key is the operation's id. */
export interface MetricsRecord extends RecordBase {
  readonly type: 'metrics';
  /** Key of the training client. */
  readonly client: string;
  readonly kind: string;
  /**
   * The optimizer step that it belongs to: those accepted before it, and the one to come, so from 1. A pass without
   * gradients belongs to those before it, so from 0.
   */
  readonly step: number;
  /** Finite numbers only. */
  readonly values: Readonly<Record<string, number>>;
}

/** A checkpoint that this service saved. Its key is its path. */
export interface CheckpointRecord extends RecordBase {
  readonly type: 'checkpoint';
  /** Key of the training client. */
  readonly client: string;
  readonly kind: 'training' | 'sampler';
  /** Optimizer steps in it. */
  readonly step: number;
  readonly savedAt: number;
  /** Absent where the server does not say. */
  readonly sizeBytes?: number;
  /** Absent where it does not expire. */
  readonly expiresAt?: number;
}

/** A failure. Keys are numbered in the order in which they happened. */
export interface ErrorRecord extends RecordBase {
  readonly type: 'error';
  readonly kind: string;
  readonly message: string;
  /** What to do next. */
  readonly advice: string;
  /** Id of the operation that failed; absent where it was none. */
  readonly operation?: string;
  /** Key of the client; absent where it was none. */
  readonly client?: string;
  readonly status?: number;
}

/** Something worth knowing that is no failure: a session at risk, records that were left out. */
export interface NoticeRecord extends RecordBase {
  readonly type: 'notice';
  readonly level: 'info' | 'warning';
  readonly text: string;
  readonly client?: string;
}
