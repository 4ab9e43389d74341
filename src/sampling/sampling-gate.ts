import { abortable } from './abortable.js';
import type { Charge, SamplingGateActor, SamplingGateContext, SamplingGateEvent } from '../machines/sampling-gate-machine.js';
import type { StopSignal } from '../types/stop.js';

/** Permission to send one request, held until the server has taken it (wire protocol §3.8). */
export interface Pass {
  /** Gives the room back. */
  readonly leave: (accepted: boolean) => void;
}

/** A pause that the server asks for. */
export interface PushBack {
  readonly type: 'dispatch.pushedBack' | 'dispatch.billed';
  readonly at: number;
  readonly pauseMs: number;
}

/** The gate's actor as promises, for the tasks that pass it. */
export class SamplingGate {
  readonly actor: SamplingGateActor;
  readonly #entering = new Map<string, (charge: Charge) => void>();
  readonly #pausing = new Set<() => void>();

  constructor(actor: SamplingGateActor) {
    this.actor = actor;
    actor.on('dispatch.admitted', ({ key, charge }) => {
      const enter = this.#entering.get(key);
      this.#entering.delete(key);
      enter?.(charge);
    });
    actor.on('pause.over', () => {
      for (const goOn of [...this.#pausing]) goOn();
    });
  }

  /**
   * Waits for permission to send a request.
   * @throws TinkerError the signal's reason
   */
  async enter(key: string, bytes: number, signal: StopSignal): Promise<Pass> {
    const charge = await abortable<Charge>(signal, (resolve) => {
      this.#entering.set(key, resolve);
      this.#send({ type: 'dispatch.wanted', key, bytes });
      return () => {
        // Nothing to withdraw once it is in.
        if (this.#entering.delete(key)) this.#send({ type: 'dispatch.withdrawn', key });
      };
    });
    return { leave: (accepted) => this.#send({ type: 'dispatch.left', charge, accepted }) };
  }

  /** Tells the gate that the server has pushed back. */
  tell(said: PushBack): Pick<SamplingGateContext, 'billingSince'> {
    this.#send(said);
    return this.actor.getSnapshot().context;
  }

  /**
   * Waits until the pause that the server asked for is over.
   * @throws TinkerError the signal's reason
   */
  pause(signal: StopSignal): Promise<undefined> {
    return abortable(signal, (resolve) => {
      const goOn = () => resolve(undefined);
      this.#pausing.add(goOn);
      return () => this.#pausing.delete(goOn);
    });
  }

  #send(event: SamplingGateEvent): void {
    // Tasks end after the service that they belong to.
    if (this.actor.getSnapshot().status === 'active') this.actor.send(event);
  }
}
