import { checkFirstStep, signalName } from './checkpoint-options.js';
import { labelledSave, type SavingClient, type StepCheckpoint } from './labelled-save.js';
import { signalDesk, type EndingSignal } from './signal-desk.js';
import { checkLabelName, isNameTaken, StepLabels } from './step-label.js';
import { guarded } from '../calls/callbacks.js';
import { checkFlag, checkOptions, orThrow } from '../calls/check-options.js';
import { callWithin } from '../calls/wait.js';
import { checkFunction, checkMs } from '../service/check-settings.js';
import { asSentence, invalid, toTinkerError, type TinkerError } from '../types/errors.js';
import { checkTtlSeconds } from '../types/ids.js';

/** What is saved when a signal is about to end the process. */
export interface SaveOnSignalOptions {
  /** Default: `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly EndingSignal[] | undefined;
  /** Milliseconds for all of it; default 25,000: supervisors such as Kubernetes kill after 30 s. */
  readonly timeoutMs?: number | undefined;
  /** What the checkpoint's name begins with: `signal`, the default, gives `signal-000123`. At most 200 characters. */
  readonly name?: string | undefined;
  /** Whole seconds, 1 to 3,153,600,000, after which the server deletes the checkpoint; kept when absent. */
  readonly ttlSeconds?: number | undefined;
  /** As in `TrainingClient.checkpoints`. */
  readonly firstStep?: number | undefined;
  /** Whether the service is closed after the save; default false: the end of the process closes it. */
  readonly closeService?: boolean | undefined;
  /**
   * Whether the process ends afterwards, with 128 and the signal's number; default true. False only sets that
   * exit code, for programs that end by themselves.
   */
  readonly exit?: boolean | undefined;
  /** Told of what happens; default: lines on standard error. */
  readonly onSignal?: ((news: SignalNews) => void) | undefined;
}

/** What happens after a signal. */
export interface SignalNews {
  readonly signal: EndingSignal;
  /** `saving`: the save is called; `saved`: the server has confirmed it; `failed`: it has not, or not in time. */
  readonly state: 'saving' | 'saved' | 'failed';
  /** When it is saved. */
  readonly checkpoint: StepCheckpoint | undefined;
  /** When it has failed. The checkpoint may be there all the same when the time was over. */
  readonly error: TinkerError | undefined;
  /** Milliseconds since the signal. */
  readonly elapsedMs: number;
}

/** A handler of signals that is in place; it keeps no process alive. */
export interface SignalSaver {
  /** Removes it. */
  stop(): void;
  /** The same at the end of a `using` block. */
  [Symbol.dispose](): void;
}

const names: readonly (keyof SaveOnSignalOptions)[] = [
  ...(['signals', 'timeoutMs', 'name', 'ttlSeconds', 'firstStep', 'closeService', 'exit', 'onSignal'] as const),
];
const known: readonly EndingSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
const graceMs = 25_000;
const mostNames = 3;

/**
 * Saves before a signal ends the process; see `TrainingClient.saveOnSignal`.
 * @throws TinkerError `validation`
 */
export function saveOnSignal(client: SavingClient, options: SaveOnSignalOptions): SignalSaver {
  checkOptions(options, names);
  const { calls } = client;
  const exit = checkFlag('exit', options.exit, true);
  const saver = new Saver(client, options);
  const remove = signalDesk.add({ signals: checkSignals(options.signals), exit, run: (signal) => saver.run(signal) });
  const ending = calls.actor.subscribe({ complete: () => stop() });
  const stop = () => {
    remove();
    ending.unsubscribe();
  };
  return { stop, [Symbol.dispose]: stop };
}

function checkSignals(signals: readonly EndingSignal[] | undefined): readonly EndingSignal[] {
  if (signals === undefined) return ['SIGTERM', 'SIGINT'];
  const allowed = `one or more of ${known.join(', ')}`;
  const isList: boolean = Array.isArray(signals);
  if (!isList || signals.length === 0) throw invalid('signals', signals, allowed);
  const strange = signals.find((signal) => !known.includes(signal));
  if (strange !== undefined) throw invalid('signals', strange, allowed);
  return signals;
}

class Saver {
  readonly #client: SavingClient;
  readonly #timeoutMs: number;
  readonly #labels: StepLabels;
  readonly #firstStep: number;
  readonly #ttlSeconds: number | undefined;
  readonly #closeService: boolean;
  readonly #tell: (news: SignalNews) => void;

  constructor(client: SavingClient, options: SaveOnSignalOptions) {
    const name = checkLabelName(options.name, signalName);
    this.#client = client;
    this.#timeoutMs = checkMs('timeoutMs', options.timeoutMs, graceMs);
    this.#labels = new StepLabels(name);
    this.#firstStep = checkFirstStep(options.firstStep, name, client.restoredFrom);
    this.#ttlSeconds = orThrow(checkTtlSeconds(options.ttlSeconds));
    this.#closeService = checkFlag('closeService', options.closeService, false);
    this.#tell = guarded('onSignal', checkFunction('onSignal', options.onSignal)) ?? say;
  }

  /** Never rejects. */
  async run(signal: EndingSignal): Promise<void> {
    const { runtime } = this.#client;
    const { now, clock } = runtime.config.environment;
    const startedAt = now();
    const elapsedMs = () => now() - startedAt;
    const leftMs = () => Math.max(0, this.#timeoutMs - elapsedMs());
    const tell = (state: SignalNews['state'], facts: Partial<SignalNews>) =>
      this.#tell({ signal, state, checkpoint: undefined, error: undefined, elapsedMs: elapsedMs(), ...facts });
    const letGo = runtime.keepAlive.hold();
    try {
      tell('saving', {});
      tell('saved', { checkpoint: await this.#save(leftMs) });
    } catch (thrown) {
      tell('failed', { error: this.#explained(toTinkerError(thrown)) });
    }
    if (this.#closeService) await Promise.allSettled([callWithin('close', { timeoutMs: leftMs() }, clock, () => runtime.close())]);
    letGo();
  }

  /** Under the next name where one is taken: an earlier process may have ended at the same step. */
  async #save(leftMs: () => number): Promise<StepCheckpoint> {
    for (let tried = 1; ; tried += 1) {
      const at = (step: number) => ({ name: this.#labels.next(step), ttlSeconds: this.#ttlSeconds });
      try {
        return await labelledSave(this.#client, this.#firstStep, at, (saved) => saved).result({ timeoutMs: leftMs() });
      } catch (thrown) {
        if (tried === mostNames || !isNameTaken(toTinkerError(thrown))) throw thrown;
      }
    }
  }

  /** Why nothing was sent, where the queue stands still. */
  #explained(error: TinkerError): TinkerError {
    const { value } = this.#client.calls.actor.getSnapshot();
    return value === 'wedged' || value === 'paused' ? error.with({}, `${asSentence(error.message)} The client is ${value}`) : error;
  }
}

function say({ signal, state, checkpoint, error, elapsedMs }: SignalNews): void {
  const what = {
    saving: 'saving a checkpoint before the end; another signal ends at once',
    saved: `saved ${String(checkpoint?.path)}`,
    failed: `no checkpoint was saved: ${String(error?.message)}`,
  };
  console.error(`tinkerjs: ${signal}: ${what[state]} (${(elapsedMs / 1000).toFixed(1)} s)`);
}
