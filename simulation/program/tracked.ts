import type { Operation } from '../../src/operation.js';
import { TinkerError, toTinkerError } from '../../src/types/errors.js';

/** An operation, whatever its result is. */
export type AnyOperation = PromiseLike<unknown> & Pick<Operation<never>, 'seqId' | 'status' | 'cancel'>;

/** One call of the program, and what it was told of it. */
export interface Tracked {
  /** Its place among the calls of the program. */
  readonly index: number;
  readonly kind: string;
  /** The model that it belongs to; undefined of a sample. */
  readonly modelId: string | undefined;
  /** What its requests are, in the order in which they are to be executed; undefined where only its number tells. */
  readonly identities: readonly string[] | undefined;
  /** What may be executed though the call failed: it changes no weights. */
  readonly harmless: readonly string[];
  readonly operation: AnyOperation;
  outcome: 'open' | 'done' | TinkerError;
  /** Whether it was wedged at any time. */
  wasWedged: boolean;
}

/** Notes what becomes of a call; again after a wedged one is sent anew. */
export function follow(tracked: Tracked, onEnd: (tracked: Tracked) => void): void {
  tracked.outcome = 'open';
  tracked.operation.then(
    () => {
      tracked.outcome = 'done';
      onEnd(tracked);
    },
    (thrown: unknown) => {
      tracked.outcome = toTinkerError(thrown);
      tracked.wasWedged ||= tracked.outcome.kind === 'wedged';
      onEnd(tracked);
    },
  );
}

/** Whether it was told an error of that kind. */
export function failedAs({ outcome }: Tracked, kind: TinkerError['kind']): boolean {
  return outcome instanceof TinkerError && outcome.kind === kind;
}
