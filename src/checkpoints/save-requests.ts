import type { ScheduledCheckpoint } from './checkpoint-news.js';
import type { LabelledRequest } from './labelled-save.js';
import { isNameTaken, StepLabels } from './step-label.js';
import type { TinkerError } from '../types/errors.js';

/** What a schedule asks for at a step. */
export interface ScheduledRequest extends LabelledRequest, Pick<ScheduledCheckpoint, 'isPermanent'> {
  /** The last step before it whose checkpoint is kept for good. */
  readonly permanentBefore: number;
}

/** Names the saves of a schedule, and says which of them are kept for good. */
export class SaveRequests {
  readonly #labels: StepLabels;
  readonly #keepEvery: number;
  readonly #ttlSeconds: number | undefined;
  #lastPermanent: number;

  /** @param step where the schedule begins */
  constructor(settings: { readonly name: string; readonly keepEvery: number; readonly ttlSeconds: number | undefined }, step: number) {
    this.#labels = new StepLabels(settings.name);
    this.#keepEvery = settings.keepEvery;
    this.#ttlSeconds = settings.ttlSeconds;
    this.#lastPermanent = step;
  }

  next(step: number): ScheduledRequest {
    const permanentBefore = this.#lastPermanent;
    const isPermanent = Math.floor(step / this.#keepEvery) > Math.floor(permanentBefore / this.#keepEvery);
    if (isPermanent) this.#lastPermanent = step;
    return { name: this.#labels.next(step), isPermanent, permanentBefore, ttlSeconds: isPermanent ? undefined : this.#ttlSeconds };
  }

  /** It has come to nothing: another is kept in its place. */
  failed({ isPermanent, permanentBefore }: ScheduledRequest): void {
    if (isPermanent) this.#lastPermanent = Math.min(this.#lastPermanent, permanentBefore);
  }

  /** Another try under the same name would be in vain. */
  refused(error: TinkerError): void {
    if (isNameTaken(error)) this.#labels.taken();
  }
}
