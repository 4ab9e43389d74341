import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { messageOf } from '../engine/engine-error.js';
import type { SamplerWeights } from '../engine/sampling/sampling.js';
import { HttpError } from '../http-error.js';

/** What a sampling session samples from. */
export interface SamplerFacts {
  readonly baseModel: string;
  /** The sampler checkpoint as its owner knows it; undefined for the base model and for a save without a name. */
  readonly modelPath: string | undefined;
  readonly weights: SamplerWeights;
  /** Of the request that opened it. */
  readonly fingerprint: string;
  /** Whether the weights are its own, and go with it. */
  readonly isEphemeral: boolean;
}

/** A sampling session (wire protocol §2.2). */
export interface Sampler extends SamplerFacts {
  readonly samplerId: string;
  readonly sessionId: string;
  /** What each number was used for, and the request id that it got. */
  readonly receipts: Map<string, { readonly fingerprint: string; readonly requestId: string }>;
}

export interface SamplerRegistryOptions {
  readonly dataDir: string;
  readonly engine: Engine;
  readonly log: (line: string) => void;
}

/** A session that has so many saves without a name is mentioned in the log, and again at every multiple. */
const manyEphemeral = 100;

/** The sampling sessions of this process. They end with their session, and their unnamed weights with them. */
export class SamplerRegistry {
  readonly #options: SamplerRegistryOptions;
  readonly #folder: string;
  readonly #samplers = new Map<string, Sampler>();
  readonly #removing = new Set<Promise<void>>();

  constructor(options: SamplerRegistryOptions) {
    this.#options = options;
    this.#folder = join(options.dataDir, 'ephemeral');
  }

  /** Removes the weights of sampling sessions that an earlier process left. */
  async load(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The id that a sampling session gets (wire protocol §4.5). */
  idOf(sessionId: string, samplingSessionSeqId: number): string {
    return `${sessionId}:sample:${samplingSessionSeqId}`;
  }

  /** The folder for weights that are saved for one sampling session only. */
  ephemeralDirectory(samplerId: string): string {
    return join(this.#folder, samplerId.replaceAll(':', '.'));
  }

  find(samplerId: string): Sampler | undefined {
    return this.#samplers.get(samplerId);
  }

  /** @throws HttpError 404 when there is no such sampling session */
  require(samplerId: string): Sampler {
    const found = this.#samplers.get(samplerId);
    if (found !== undefined) return found;
    throw new HttpError(
      404,
      `Sampling session not found: ${samplerId}. Sampling sessions end with their session and with the server; create a new sampling client.`,
    );
  }

  /** The sampling sessions of a session, oldest first. */
  ofSession(sessionId: string): readonly Sampler[] {
    return [...this.#samplers.values()].filter((sampler) => sampler.sessionId === sessionId);
  }

  open(samplerId: string, sessionId: string, facts: SamplerFacts): void {
    this.#samplers.set(samplerId, { ...facts, samplerId, sessionId, receipts: new Map() });
    if (!facts.isEphemeral) return;
    const count = this.ofSession(sessionId).filter(({ isEphemeral }) => isEphemeral).length;
    if (count % manyEphemeral === 0) {
      this.#options.log(`session ${sessionId} holds ${count} saves without a name in ${this.#folder}; they go when the session ends`);
    }
  }

  /** Ends the sampling sessions of a session. */
  endSession(sessionId: string): void {
    for (const sampler of this.ofSession(sessionId)) {
      this.#samplers.delete(sampler.samplerId);
      if (sampler.isEphemeral) this.#remove(sampler);
    }
  }

  /** Settles when all that has ended is removed. */
  async idle(): Promise<void> {
    await Promise.all(this.#removing);
  }

  #remove({ samplerId, weights }: Sampler): void {
    const { engine, log } = this.#options;
    if (weights.adapter !== undefined) engine.forgetAdapter(weights.adapter.sha256);
    const removing = rm(this.ephemeralDirectory(samplerId), { recursive: true, force: true })
      .catch((thrown: unknown) => log(`the weights of ${samplerId} cannot be removed: ${messageOf(thrown)}`))
      .finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }
}
