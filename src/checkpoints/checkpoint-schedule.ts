import { checkpointNews, type CheckpointNews, type ScheduledCheckpoint } from './checkpoint-news.js';
import { checkCheckpointOptions, type CheckpointOptions } from './checkpoint-options.js';
import { ExpiryWatch } from './expiry-watch.js';
import { KeptCheckpoints } from './kept-checkpoints.js';
import type { SavingClient } from './labelled-save.js';
import { SavePlan } from './save-plan.js';
import { SaveRequests } from './save-requests.js';
import { ScheduledSaves } from './scheduled-saves.js';
import { StepCount } from './step-count.js';
import { callWithin, type WaitOptions } from '../calls/wait.js';
import { TinkerError } from '../types/errors.js';

/**
 * Saves checkpoints of one training client while it trains, and deletes those of its own that are not to be
 * kept. Made by `TrainingClient.checkpoints`. It holds nothing up: saves wait in the client's queue like any
 * other call, right after the optimizer step that makes them due. It ends with its client.
 *
 * When the client is wedged on a save of a schedule, the same request is sent again after a pause, 5 s
 * doubling to 10 minutes, unless `retry()` or `skip()` decides before.
 */
export class CheckpointSchedule {
  /** What the names of the checkpoints begin with. */
  readonly name: string;
  /** Optimizer steps that were in the weights when the client was made; the steps in names are counted from there. */
  readonly firstStep: number;
  readonly #client: SavingClient;
  readonly #news: CheckpointNews;
  readonly #count: StepCount;
  readonly #plan: SavePlan;
  readonly #kept: KeptCheckpoints;
  readonly #expiry: ExpiryWatch;
  readonly #saves: ScheduledSaves;
  readonly #ending: { unsubscribe(): void };
  #stopped = false;

  /** @internal Schedules are made by `TrainingClient.checkpoints`. */
  constructor(client: SavingClient, options: CheckpointOptions) {
    const settings = checkCheckpointOptions(options, client.restoredFrom);
    const { runtime, calls } = client;
    const { environment } = runtime.config;
    this.name = settings.name;
    this.firstStep = settings.firstStep;
    this.#client = client;
    this.#news = checkpointNews(options, runtime);
    this.#count = new StepCount(calls);
    const step = this.#expectedStep();
    this.#plan = new SavePlan(settings, environment.random, step, environment.now());
    this.#kept = new KeptCheckpoints(runtime, this.#news, settings.keepLast, calls.journal);
    this.#expiry = new ExpiryWatch(environment, settings.ttlSeconds, this.#news.expiring);
    this.#saves = new ScheduledSaves({
      client,
      firstStep: settings.firstStep,
      requests: new SaveRequests(settings, step),
      confirmed: (checkpoint) => this.#confirmed(checkpoint),
      failed: this.#news.failed,
      pause: () => this.#plan.failed(environment.now()),
    });
    this.#ending = calls.actor.subscribe({ complete: () => this.stop() });
    calls.stepListeners.add(this.#stepCalled);
  }

  /**
   * The checkpoints of this schedule that the server has confirmed and that are to be kept, oldest first. One
   * that has expired is listed until the next is confirmed.
   */
  get saved(): readonly ScheduledCheckpoint[] {
    return this.#kept.all;
  }

  /**
   * Saves after what was called so far, whatever is due. It is one of the schedule's own: it is rotated, and
   * a failure is told to `onFailed` as well and tried again.
   * @throws TinkerError `validation` when the schedule was stopped; else what `saveState` rejects with
   */
  saveNow(options: WaitOptions = {}): Promise<ScheduledCheckpoint> {
    const saving = this.#within('saveNow', options, async () => {
      if (this.#stopped) throw new TinkerError('validation', 'saveNow: the schedule was stopped; only one that goes on saves');
      return this.#save();
    });
    // Told to onFailed: whoever does not wait for it need not learn it twice.
    saving.catch(() => undefined);
    return saving;
  }

  /**
   * Waits until no save is under way and what is to be deleted was tried once more. Failures are told to
   * `onFailed` only.
   */
  flush(options: WaitOptions = {}): Promise<void> {
    return this.#within('flush', options, async () => {
      await this.#saves.idle();
      await this.#kept.settled();
    });
  }

  /** Begins no more saves. Those that were called are still sent, and what they replace is deleted. */
  stop(): void {
    this.#stopped = true;
    this.#client.calls.stepListeners.delete(this.#stepCalled);
    this.#ending.unsubscribe();
    this.#expiry.stop();
    this.#count.stop();
    this.#saves.letGo();
  }

  /** At the end of an `await using` block: stops, and waits as {@link CheckpointSchedule.flush} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.flush();
  }

  readonly #stepCalled = (id: string): void => {
    this.#count.called(id);
    const { now } = this.#client.runtime.config.environment;
    if (this.#plan.isDue(this.#expectedStep(), now())) this.#save().catch(() => undefined);
  };

  #save(): Promise<ScheduledCheckpoint> {
    this.#plan.begun(this.#expectedStep(), this.#client.runtime.config.environment.now());
    return this.#saves.begin();
  }

  #confirmed(checkpoint: ScheduledCheckpoint): void {
    this.#plan.saved();
    this.#kept.add(checkpoint);
    this.#news.saved(checkpoint);
    for (const newest of this.#stopped ? [] : this.#kept.all.slice(-1)) this.#expiry.watch(newest);
  }

  #expectedStep(): number {
    return this.firstStep + this.#count.expected;
  }

  #within<A>(call: string, options: WaitOptions, run: () => Promise<A>): Promise<A> {
    return callWithin(call, options, this.#client.runtime.config.environment.clock, run);
  }
}
