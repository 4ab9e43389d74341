import { weightsInfo } from './api/checkpoints.js';
import type { Runtime } from './runtime.js';
import { orThrow } from './training-input.js';
import { WeightsInfoRequest, type WeightsInfoResponse } from './types/checkpoints.js';
import { parseTrainingPath } from './types/ids.js';
import type { WaitOptions } from './wait.js';

/** Questions about runs and checkpoints that need no model. Made by `ServiceClient.createRestClient`. */
export class RestClient {
  readonly #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * What a training checkpoint holds: base model, LoRA rank, and which parts were trained
   * (wire protocol §2.5).
   * @throws TinkerError `validation` on a path that is not `tinker://RUN/weights/NAME`; `http` with
   *   status 404 when there is no such checkpoint
   */
  async getWeightsInfoByTinkerPath(path: string, options: WaitOptions = {}): Promise<WeightsInfoResponse> {
    const { path: tinkerPath } = orThrow(parseTrainingPath(path));
    return this.#runtime.ask('getWeightsInfoByTinkerPath', options, weightsInfo, WeightsInfoRequest.make({ tinkerPath }));
  }
}
