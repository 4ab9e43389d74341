import { asRecord, type Reading } from '../network/reading.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { Future, Futures, Outcome } from './futures.js';
import { json, refusal, type Reply } from './replies.js';
import type { ServerSettings } from './server-settings.js';

/** Takes the answer to a request; nobody may be there any more. */
export type Respond = (reply: Reply) => void;

/** Answers who asks for results, and holds them up while there are none (wire protocol §3). */
export class Polls {
  readonly #time: VirtualTime;
  readonly #settings: ServerSettings;
  readonly #futures: Futures;

  constructor(time: VirtualTime, settings: ServerSettings, futures: Futures) {
    this.#time = time;
    this.#settings = settings;
    this.#futures = futures;
  }

  answer(reading: Reading, respond: Respond): void {
    const future = this.#futures.find(String(reading.json['request_id']));
    if (future === undefined) {
      respond(refusal(404, 'Future not found'));
      return;
    }
    const { now } = this.#time;
    const { holdMs } = this.#settings;
    const pausedMs = future.pausedUntil - now;
    if (pausedMs > 0) {
      this.#time.after(Math.min(holdMs, pausedMs), () => respond(this.#notYet(future, 'paused_capacity')));
    } else if (future.outcome !== undefined) {
      respond(this.#result(future, future.outcome, reading));
    } else if (holdMs === 0) {
      respond(this.#notYet(future, 'active'));
    } else {
      this.#hold(future, reading, respond);
    }
  }

  #hold(future: Future, reading: Reading, respond: Respond): void {
    const wake = () => {
      takeBack();
      future.waiters.delete(wake);
      respond(future.outcome === undefined ? this.#notYet(future, 'active') : this.#result(future, future.outcome, reading));
    };
    const takeBack = this.#time.after(this.#settings.holdMs, wake);
    future.waiters.add(wake);
  }

  #notYet({ requestId }: Future, queueState: string): Reply {
    const said = { type: 'try_again', request_id: requestId, queue_state: queueState };
    return json(said, this.#settings.saysNotYetBy408 ? 408 : 200);
  }

  #result(future: Future, outcome: Outcome, { accept, json: asked }: Reading): Reply {
    const { retentionMs, failsBy400, writesProtobuf } = this.#settings;
    if (future.isExpired || this.#time.now - future.settledAt > retentionMs) return refusal(410, 'The result is not kept any longer');
    if (outcome.state === 'failed') {
      const { error, category } = outcome;
      return failsBy400 ? json({ detail: error, category }, 400) : json({ error, category });
    }
    if (future.isLarge && asRecord(asked)['allow_metadata_only'] === true) return json({ status: 'complete_metadata', response_payload_size: 1_000 });
    return outcome.binary !== undefined && writesProtobuf && accept.includes('application/x-protobuf') ? outcome.binary : outcome.text;
  }
}
