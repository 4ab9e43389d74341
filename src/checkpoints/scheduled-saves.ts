import type { CheckpointFailure, ScheduledCheckpoint } from './checkpoint-news.js';
import { labelledSave, type SavingClient } from './labelled-save.js';
import { OwnWedge } from './own-wedge.js';
import type { SaveRequests, ScheduledRequest } from './save-requests.js';
import { listed } from '../machines/listed.js';
import type { Operation } from '../operation.js';
import { toTinkerError, type TinkerError } from '../types/errors.js';

/** What becomes of the saves. */
export interface SavesHost {
  readonly client: SavingClient;
  readonly firstStep: number;
  readonly requests: SaveRequests;
  readonly confirmed: (checkpoint: ScheduledCheckpoint) => void;
  readonly failed: (failure: CheckpointFailure) => void;
  /** A save has come to nothing; gives the milliseconds until the next may begin. */
  readonly pause: () => number;
}

interface OpenSave {
  readonly operation: Operation<ScheduledCheckpoint>;
  readonly request: () => ScheduledRequest | undefined;
}

/** The saves of a schedule that are on their way. */
export class ScheduledSaves {
  readonly #host: SavesHost;
  readonly #wedge: OwnWedge;
  /** By the operation's id. */
  readonly #open = new Map<string, OpenSave>();
  readonly #wedged = new Set<string>();
  readonly #subscriptions: readonly { unsubscribe(): void }[];
  #idle: (() => void)[] = [];
  #isLast = false;

  constructor(host: SavesHost) {
    this.#host = host;
    const { calls, runtime } = host.client;
    this.#wedge = new OwnWedge(calls, runtime.config.environment);
    this.#subscriptions = [
      calls.actor.on('operation.sending', ({ id }) => this.#sentAgain(id)),
      calls.actor.on('operation.dropped', ({ id }) => this.#givenUp(id)),
      calls.actor.subscribe({ complete: () => this.#end() }),
    ];
  }

  /** Puts a save into the queue. */
  begin(): Promise<ScheduledCheckpoint> {
    const { client, firstStep, requests, confirmed } = this.#host;
    let request: ScheduledRequest | undefined;
    const at = (step: number) => (request = requests.next(step));
    const operation = labelledSave(client, firstStep, at, (saved, { isPermanent }): ScheduledCheckpoint => {
      const checkpoint = { ...saved, isPermanent };
      confirmed(checkpoint);
      return checkpoint;
    });
    const save = { operation, request: () => request };
    this.#open.set(operation.id, save);
    return this.#follow(save);
  }

  /** Waits until none is on its way. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** No more will begin: listens only as long as one is on its way. */
  letGo(): void {
    this.#isLast = true;
    this.#over();
  }

  /** Whatever way the result comes: a wedged save that is sent again has another. */
  async #follow(save: OpenSave): Promise<ScheduledCheckpoint> {
    try {
      const checkpoint = await save.operation;
      this.#wedge.answered();
      this.#close(save);
      return checkpoint;
    } catch (thrown) {
      this.#failed(save, toTinkerError(thrown));
      throw thrown;
    }
  }

  #failed(save: OpenSave, error: TinkerError): void {
    const { requests, failed } = this.#host;
    const request = save.request();
    // Nobody cancels a save of ours: the client was closed.
    if (error.kind === 'cancelled') {
      this.#close(save);
      return;
    }
    if (error.kind === 'wedged') {
      this.#wedged.add(save.operation.id);
      failed({ action: 'save', name: request?.name, error, retryInMs: this.#wedge.wedged() });
      return;
    }
    this.#wedge.answered();
    requests.refused(error);
    const retryInMs = this.#cameToNothing(save);
    failed({ action: 'save', name: request?.name, error, retryInMs });
  }

  #sentAgain(id: string): void {
    if (!this.#wedged.delete(id)) return;
    this.#wedge.decided();
    for (const save of listed(this.#open.get(id))) this.#follow(save).catch(() => undefined);
  }

  /** The user goes on without it; its failure was told when the client was wedged. */
  #givenUp(id: string): void {
    if (!this.#wedged.delete(id)) return;
    this.#wedge.decided();
    for (const save of listed(this.#open.get(id))) this.#cameToNothing(save);
  }

  #cameToNothing(save: OpenSave): number {
    const { requests, pause } = this.#host;
    for (const request of listed(save.request())) requests.failed(request);
    const retryInMs = pause();
    this.#close(save);
    return retryInMs;
  }

  /** The client has ended. */
  #end(): void {
    this.#open.clear();
    this.letGo();
  }

  #close({ operation }: OpenSave): void {
    this.#open.delete(operation.id);
    this.#over();
  }

  #over(): void {
    if (this.#open.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
    if (!this.#isLast) return;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }
}
