/** One event of Chrome's trace event format. Moments are microseconds since 1970, durations are microseconds. */
export interface TraceEvent {
  readonly name: string;
  /** `X` for a slice, `i` for an instant, `C` for a counter, `M` for a name. */
  readonly ph: 'X' | 'i' | 'C' | 'M';
  /** Number of the service, from 1. */
  readonly pid: number;
  /** Number of the track within the service, from 1; 0 for what belongs to the service as a whole. */
  readonly tid: number;
  readonly ts: number;
  /** How long it lasts; slices only. */
  readonly dur?: number;
  /** What people can filter by. */
  readonly cat?: string;
  /** One of the reader's named colours. */
  readonly cname?: string;
  /** What an instant is drawn across: its process, or its track. */
  readonly s?: 'p' | 't';
  readonly args?: TraceArgs;
}

export type TraceArgs = Readonly<Record<string, string | number | boolean | readonly number[]>>;

/** Whole microseconds, so that what ends when the next begins does so exactly. */
export function microseconds(ms: number): number {
  return Math.round(ms * 1_000);
}

/** The fields that are known. */
export function known(fields: Readonly<Record<string, string | number | boolean | readonly number[] | undefined>>): TraceArgs {
  const args: Record<string, string | number | boolean | readonly number[]> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) args[name] = value;
  return args;
}
