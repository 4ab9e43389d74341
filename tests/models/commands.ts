import * as fc from 'fast-check';
import { ModelInput, type Datum } from '../../src/index.js';
import { isRecord } from '../../src/types/check.js';
import type { ClientBench } from './client-bench.js';
import type { Fault, PollFault } from './ledger-server.js';

/** What the commands know of each other: nothing, for a program may do anything at any time. */
export type Nothing = Readonly<Record<string, never>>;

/** Something that a program, its user, or the world does. */
class Command implements fc.AsyncCommand<Nothing, ClientBench> {
  readonly #name: string;
  readonly #run: (bench: ClientBench) => unknown;

  constructor(name: string, run: (bench: ClientBench) => unknown) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(_: Nothing, bench: ClientBench): Promise<void> {
    await this.#run(bench);
    if (bench.server.broken.length > 0) throw new Error(bench.server.broken.join('; '));
  }

  toString(): string {
    return this.#name;
  }
}

const datum = (mark: number): Datum => ({ modelInput: ModelInput.fromInts([mark]), lossFnInputs: { target_tokens: [1], weights: [1] } });
const marked = (name: string) => (mark: number) => (result: unknown): boolean => isRecord(result) && isRecord(result['metrics']) && result['metrics'][name] === mark;
const pathed = (mark: number) => (result: unknown): boolean => isRecord(result) && String(result['path']).endsWith(`/m${mark}`);
const anything = () => true;

/** Calls of a training client. */
const trains: Readonly<Record<string, (bench: ClientBench, timeoutMs: number | undefined) => void>> = {
  train: (bench, timeoutMs) =>
    bench.call('train', 1, (mark, signal) => ({ operation: bench.training.forwardBackward([datum(mark)], 'cross_entropy', undefined, { signal, timeoutMs }), isOwn: marked('mark')(mark) })),
  chunks: (bench, timeoutMs) =>
    bench.call('chunks', 3, (mark, signal) => ({
      operation: bench.training.forwardBackward([datum(mark), datum(mark), datum(mark)], 'cross_entropy', undefined, { signal, timeoutMs }),
      isOwn: marked('mark:max')(mark),
    })),
  custom: (bench, timeoutMs) =>
    bench.call('custom', 2, (mark, signal) => ({
      operation: bench.training.forwardBackwardCustom([datum(mark)], () => ({ loss: 1, gradients: [[1]] }), { signal, timeoutMs }),
      isOwn: marked('mark')(mark),
    })),
  step: (bench, timeoutMs) =>
    bench.call('step', 1, (mark, signal) => ({ operation: bench.training.optimStep({ learningRate: mark }, { signal, timeoutMs }), isOwn: marked('mark')(mark) })),
  save: (bench, timeoutMs) => bench.call('save', 1, (mark, signal) => ({ operation: bench.training.saveState(`m${mark}`, { signal, timeoutMs }), isOwn: pathed(mark) })),
  load: (bench, timeoutMs) =>
    bench.call('load', 1, (mark, signal) => ({ operation: bench.training.loadState(`tinker://S:train:0/weights/m${mark}`, { signal, timeoutMs }), isOwn: anything })),
};

const limit = fc.oneof({ arbitrary: fc.constant(undefined), weight: 7 }, { arbitrary: fc.constantFrom(0, 700, 8_000), weight: 1 });
const call = fc.tuple(fc.constantFrom(...Object.keys(trains)), limit).map(([name, timeoutMs]) => new Command(`${name}(${timeoutMs ?? ''})`, (bench) => trains[name]?.(bench, timeoutMs)));
const sample = limit.map(
  (timeoutMs) =>
    new Command(`sample(${timeoutMs ?? ''})`, (bench) =>
      bench.call('sample', 1, (mark, signal) => ({
        operation: bench.sampling.sample({ prompt: [mark], samplingParams: { maxTokens: 1 } }, { signal, timeoutMs }),
        isOwn: (result) => isRecord(result) && JSON.stringify(result['sequences']).includes(`"tokens":{"0":${mark}}`),
      })),
    ),
);
const settle = fc.constant(new Command('settle', (bench) => bench.settle()));
const pass = fc.constantFrom(20, 500, 5_000, 25_000).map((ms) => new Command(`pass(${ms})`, (bench) => bench.pass(ms)));
const pick = (bench: ClientBench, at: number) => bench.calls[at % Math.max(1, bench.calls.length)];
const cancel = fc.nat(20).map((at) => new Command(`cancel(${at})`, (bench) => pick(bench, at)?.operation.cancel()));
const abort = fc.nat(20).map((at) => new Command(`abort(${at})`, (bench) => pick(bench, at)?.abort.abort()));
const faults: readonly Fault[] = ['reset', 'lost', 'stall', 'garbled', 'refused', 'conflict', 'busy', 'failing', 'billing'];
const pollFaults: readonly PollFault[] = ['reset', 'stall', 'garbled', 'pending', 'capacity', 'failed', 'expired', 'failing', 'billing', 'announced'];
const fault = fc
  .array(fc.constantFrom(...faults), { minLength: 1, maxLength: 3 })
  .map((list) => new Command(`faults(${list.join()})`, (bench) => bench.server.faults.push(...list)));
// Enough of one kind to use up all attempts.
const outage = fc.constantFrom<Fault>('reset', 'lost', 'stall').map((kind) => new Command(`outage(${kind})`, (bench) => bench.server.faults.push(...Array.from({ length: 12 }, () => kind))));
const pollFault = fc
  .array(fc.constantFrom(...pollFaults), { minLength: 1, maxLength: 3 })
  .map((list) => new Command(`pollFaults(${list.join()})`, (bench) => bench.server.pollFaults.push(...list)));
const crash = fc.constant(new Command('crash', (bench) => bench.server.crash()));
const restart = fc.constant(new Command('restart', (bench) => void (bench.server.isDown = false)));
const whileOpen = (run: (bench: ClientBench) => void) => (bench: ClientBench) => {
  if (bench.training.actor.getSnapshot().status === 'active') run(bench);
};
const pause = fc.constant(new Command('pause', whileOpen((bench) => bench.training.pause())));
const resume = fc.constant(new Command('resume', whileOpen((bench) => bench.training.resume())));
const decide = fc.boolean().map((isRetry) => new Command(isRetry ? 'retry' : 'skip', (bench) => bench.decide(isRetry)));
const closeTraining = fc.constant(new Command('closeTraining', (bench) => bench.training.close()));
const closeSampling = fc.constant(new Command('closeSampling', (bench) => bench.sampling.close()));

/** Any commands in any order; those that end a client are rare, since little comes after them. */
export function anyCommands(replayPath: string): fc.Arbitrary<Iterable<fc.AsyncCommand<Nothing, ClientBench>>> {
  const often = [call, call, call, call, sample, settle, pass, pass];
  const sometimes = [fault, fault, fault, outage, pollFault, pollFault, cancel, abort, decide, pause, resume, crash, restart, outage];
  const all = [...often, ...often, ...sometimes, fc.oneof({ arbitrary: pass, weight: 9 }, { arbitrary: closeTraining, weight: 1 }, { arbitrary: closeSampling, weight: 1 })];
  return fc.commands(all, { maxCommands: 60, size: 'max', ...(replayPath === '' ? {} : { replayPath }) });
}
