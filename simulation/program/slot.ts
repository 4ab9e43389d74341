import type { TrainingClient } from '../../src/training-client.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { WedgePolicy } from './plan.js';
import { failedAs, type Tracked } from './tracked.js';

/** A training client of the program. */
export interface Slot {
  readonly training: TrainingClient;
  /** What a restore has loaded into it; undefined where it began afresh. */
  readonly restored: string | undefined;
  /** Whether the program leaves it wedged. */
  isLeft: boolean;
  isClosed: boolean;
  /** Whether a call has told that it is wedged, and the program has not said yet what is to be done. */
  isUndecided: boolean;
  wedges: number;
}

export interface WedgesHost {
  readonly time: VirtualTime;
  readonly note: (line: string) => void;
  /** One after the other; the last again and again. */
  readonly policies: readonly WedgePolicy[];
  readonly tracked: readonly Tracked[];
  /** Told what is sent again. */
  readonly onDecided: (sentAgain: readonly Tracked[]) => void;
}

const mostRetries = 4;

/** Whatever the machine does, the user decides after a while. */
export function decideWhenWedged(slot: Slot, host: WedgesHost): void {
  let was = false;
  slot.training.actor.subscribe(({ value }) => {
    const is = value === 'wedged';
    if (is && !was) decide(slot, host);
    was = is;
  });
}

function decide(slot: Slot, { time, note, policies, tracked, onDecided }: WedgesHost): void {
  const { training } = slot;
  const policy = policies[Math.min(slot.wedges, policies.length - 1)] ?? { decide: 'skip', afterMs: 0 };
  slot.wedges += 1;
  const decision = slot.wedges > mostRetries ? 'skip' : policy.decide;
  note(`${training.modelId} is wedged; the program will ${decision}`);
  time.after(policy.afterMs, () => {
    if (slot.isClosed || training.actor.getSnapshot().value !== 'wedged') return;
    note(`program: ${decision}`);
    slot.isUndecided = decision === 'leave';
    const wedged = tracked.filter((one) => one.modelId === training.modelId && failedAs(one, 'wedged'));
    if (decision === 'leave') slot.isLeft = true;
    else if (decision === 'skip') training.skip();
    else training.retry();
    onDecided(decision === 'retry' ? wedged.filter(({ operation }) => operation.status === 'sending') : []);
  });
}
