import type { Tools } from './tools.js';
import { wirePass } from './data.js';
import { taken, type Wire } from './wire.js';

/** A model without a client: its requests are written by hand, numbers included. */
export class RawModel {
  readonly modelId: string;
  readonly sessionId: string;
  readonly #wire: Wire;
  #seqId = 0;

  private constructor(wire: Wire, sessionId: string, modelId: string) {
    this.#wire = wire;
    this.sessionId = sessionId;
    this.modelId = modelId;
  }

  /** Opens a session with one model. */
  static async open({ wire, baseModel, traces }: Tools): Promise<RawModel> {
    const base_model = await baseModel.get();
    const session = taken(await wire.post('create_session', { tags: [], user_metadata: {}, sdk_version: '0.25.0', type: 'create_session' }), 'create_session');
    const session_id = String(session['session_id']);
    const lora_config = { rank: 8, train_unembed: true, train_mlp: true, train_attn: true };
    const created = await wire.run('create_model', { session_id, model_seq_id: 0, base_model, lora_config, type: 'create_model' });
    return traces.model(new RawModel(wire, session_id, String(taken(created, 'create_model')['model_id'])));
  }

  /** The number of the next request. */
  next(): number {
    this.#seqId += 1;
    return this.#seqId;
  }

  /** A pass that adds to the gradients. */
  pass(seqId: number, length?: number): object {
    return { forward_backward_input: wirePass(length), model_id: this.modelId, seq_id: seqId };
  }

  /** An optimizer step. */
  step(seqId: number): object {
    return { adam_params: { learning_rate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-12 }, model_id: this.modelId, seq_id: seqId, type: 'optim_step' };
  }

  /** Drops it from the server, gradients first: some servers leave those for the next model. */
  async unload(): Promise<void> {
    await this.#wire.run('optim_step', this.step(this.next()));
    taken(await this.#wire.run('unload_model', { model_id: this.modelId, type: 'unload_model' }), 'unload_model');
  }
}
