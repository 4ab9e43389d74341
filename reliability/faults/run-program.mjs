import { ServiceClient, TinkerError } from 'tinkerjs';
import { hurriedEnvironment } from '../driver/hurried.mjs';
import { checkpointName } from './calls.mjs';
import { custom, digestsOf, forward, lora, optim, pass, sample, step } from './make-call.mjs';
import { writerOf } from './records.mjs';

/**
 * @typedef {object} Run
 * @property {string} url
 * @property {string} apiKey
 * @property {string} file where facts are written
 * @property {number} speed how much faster time passes for the client
 * @property {readonly import('./calls.mjs').Call[]} program
 * @property {import('./schedule.mjs').Policy} policy
 * @property {number} from the first call
 * @property {number} attempt which try at the program this is
 * @property {string} base path of the checkpoint to go on from; empty: from the beginning
 * @property {Readonly<Record<string, string>>} paths where earlier attempts saved, by call
 */

const mostRetries = 2;

/**
 * Runs a program, and writes down what it asks for and what it is told. Nothing that fails makes this fail.
 * @param {Run} run
 * @param {() => Promise<unknown>} calm lets nothing go wrong from now on
 */
export async function runProgram(run, calm) {
  const say = writerOf(run.file);
  /** @type {Program | undefined} */
  let program;
  const service = new ServiceClient({
    baseUrl: run.url,
    apiKey: run.apiKey,
    environment: hurriedEnvironment(run.speed),
    requestDeadlineMs: run.policy.requestDeadlineMs,
    unreachableDeadlineMs: 60_000,
    // What nobody awaits any more can stop the queue all the same.
    onError: (error) => program?.heard(error),
    onSessionAtRisk: () => undefined,
    onSessionLost: () => undefined,
    onQueueState: () => undefined,
  });
  try {
    const training = await opened(service, run);
    say({ says: 'opened', modelId: training.modelId });
    program = new Program(run, training, say);
    await program.calls();
    if (program.isBroken) {
      say({ says: 'ended', how: 'broken' });
      return;
    }
    await calm();
    await program.end();
    say({ says: 'ended', how: program.isBroken ? 'broken' : 'finished' });
  } catch (thrown) {
    if (!(thrown instanceof TinkerError)) throw thrown;
    say({ says: 'ended', how: 'notOpened', why: thrown.message });
  } finally {
    await service.close();
  }
}

/** @param {ServiceClient} service @param {Run} run */
function opened(service, { base }) {
  if (base === '') return service.createLoraTrainingClient(lora);
  return service.createTrainingClientFromStateWithOptimizer(/** @type {import('tinkerjs').TrainingCheckpointPath} */ (base));
}

class Program {
  #run;
  #training;
  #say;
  /** @type {Promise<void>[]} */
  #open = [];
  #heard = 0;
  isBroken = false;

  /** @param {Run} run @param {import('tinkerjs').TrainingClient} training @param {ReturnType<typeof writerOf>} say */
  constructor(run, training, say) {
    this.#run = run;
    this.#training = training;
    this.#say = say;
  }

  async calls() {
    const { program, from } = this.#run;
    for (const [at, call] of program.entries()) {
      if (at < from) continue;
      if (call.awaits) await this.#all();
      if (this.isBroken) break;
      this.#say({ says: 'asked', at });
      this.#make(call, at);
    }
    await this.#all();
  }

  /** A last save, which shows all that was executed. */
  async end() {
    this.#say({ says: 'asked', at: 'end' });
    this.#make({ does: 'save' }, 'end');
    await this.#all();
  }

  async #all() {
    while (this.#open.length > 0) await Promise.all(this.#open.splice(0));
  }

  /** @param {import('./calls.mjs').Call} call @param {number | 'end'} at */
  #make({ does, data = '', of = 0, optimizer = false, cancelled = false }, at) {
    const training = this.#training;
    const name = checkpointName(at, this.#run.attempt);
    switch (does) {
      case 'pass': {
        const operation = pass(training, data);
        this.#watch(`${at}`, operation, (output) => ({ digests: digestsOf(output) }));
        if (cancelled) operation.cancel();
        return;
      }
      case 'step': {
        const { forwardBackward, optimStep } = step(training, data);
        this.#watch(`${at}`, forwardBackward, (output) => ({ digests: digestsOf(output) }));
        this.#watch(`${at}.optim`, optimStep, () => ({}));
        return;
      }
      case 'optim':
        return this.#watch(`${at}`, optim(training), () => ({}));
      case 'forward':
        return this.#watch(`${at}`, forward(training, data), (output) => ({ digests: digestsOf(output) }));
      case 'custom':
        return this.#watch(`${at}`, custom(training, data), (output) => ({ digests: digestsOf(output) }));
      case 'save':
        return this.#watch(`${at}`, training.saveState(name), ({ path, optimStepsBefore }) => ({ saved: { path, optimStepsBefore } }));
      case 'sampler':
        return this.#watch(`${at}`, training.saveWeightsAndGetSamplingClient(), (sampling) => {
          this.#open.push(this.#sample(sampling, at));
          return {};
        });
      case 'load': {
        const path = this.#run.paths[of] ?? `tinker://${training.modelId}/weights/${checkpointName(of, this.#run.attempt)}`;
        const typed = /** @type {import('tinkerjs').TrainingCheckpointPath} */ (path);
        return this.#watch(`${at}`, optimizer ? training.loadStateWithOptimizer(typed) : training.loadState(typed), () => ({}));
      }
    }
  }

  /** @param {import('tinkerjs').SamplingClient} sampling @param {number | 'end'} at */
  async #sample(sampling, at) {
    // A sample that fails has no effect, and its client says so.
    await sample(sampling).then((digest) => this.#say({ says: 'sampled', at, digest }), () => undefined);
  }

  /**
   * @template T
   * @param {string} key
   * @param {import('tinkerjs').Operation<T>} operation
   * @param {(value: T) => Partial<import('./records.mjs').Told>} shown
   */
  #watch(key, operation, shown) {
    this.#open.push(this.#outcome(key, operation, shown));
  }

  /**
   * @template T
   * @param {string} key
   * @param {import('tinkerjs').Operation<T>} operation
   * @param {(value: T) => Partial<import('./records.mjs').Told>} shown
   */
  async #outcome(key, operation, shown) {
    for (let retries = 0; ; retries += 1) {
      try {
        const value = await operation;
        this.#say({ says: 'told', key, how: 'done', seqId: operation.seqId, requestId: operation.requestId, ...shown(value) });
        return;
      } catch (thrown) {
        if (!(thrown instanceof TinkerError)) throw thrown;
        const { seqId, requestId } = operation;
        const isWedged = thrown.kind === 'wedged';
        const state = isWedged ? { state: this.#training.getSnapshot().state } : {};
        this.#say({ says: 'told', key, how: isWedged ? 'wedged' : 'failed', seqId, requestId, error: thrown.toJSON(), ...state });
        if (!isWedged) {
          if (this.#run.policy.failed === 'recover' && thrown.kind !== 'cancelled') this.#leave();
          return;
        }
        if (!this.#decide(retries)) return;
      }
    }
  }

  /** @param {TinkerError} error of an operation that was taken back */
  heard(error) {
    if (error.kind !== 'wedged') return;
    this.#say({ says: 'heard', error: error.toJSON() });
    this.#heard += 1;
    this.#decide(this.#heard - 1);
  }

  /** Whether the wedged operation is sent again. @param {number} retries so far */
  #decide(retries) {
    const { wedged } = this.#run.policy;
    // Left by another operation of the program, which failed.
    if (this.isBroken) return false;
    if (wedged === 'retry' && retries < mostRetries) {
      this.#training.retry();
      return true;
    }
    if (wedged === 'leave') this.#leave();
    else this.#training.skip();
    return false;
  }

  #leave() {
    this.isBroken = true;
    this.#training.close();
  }
}
