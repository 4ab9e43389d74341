import type { OperationLog } from '../inspection/operation-log.js';
import type { ControlCommand } from '../inspection/watcher.js';
import type { SamplingRecord, TrainingRecord } from '../inspection/records.js';
import type { SamplingActor } from '../machines/sampling-machine.js';
import type { TrainingActor } from '../machines/training-machine.js';
import type { SamplingSnapshot } from '../sampling/sampling-snapshot.js';
import { trainingRecord } from '../training/training-record.js';
import type { TrainingSnapshot } from '../training/training-snapshot.js';
import { invalid } from '../types/errors.js';

/** A training client, as far as inspection looks at it and acts on it. */
export interface InspectedTraining {
  readonly modelId: string;
  readonly actor: TrainingActor;
  getSnapshot(): TrainingSnapshot;
  pause(): void;
  resume(): void;
  retry(): void;
  skip(): void;
  saveState(name: string): PromiseLike<{ readonly path: string }>;
}

/** A sampling client, as far as inspection looks at it. */
export interface InspectedSampling {
  readonly actor: SamplingActor;
  getSnapshot(): SamplingSnapshot;
}

type UnrecordedSamples = Pick<OperationLog, 'unrecorded' | 'clientGone'>;

/** The clients of a service that is inspected; each until it was told that it has stopped. */
export class InspectedClients {
  readonly #trainings = new Map<string, InspectedTraining>();
  readonly #samplings = new Map<string, InspectedSampling>();

  addTraining(client: InspectedTraining): void {
    this.#trainings.set(client.modelId, client);
  }

  /** @param key its actor's id */
  addSampling(key: string, client: InspectedSampling): void {
    this.#samplings.set(key, client);
  }

  /**
   * All of them as records. Those that have stopped are told this once more.
   * @param log counts the samples without records
   */
  records(service: string, at: number, log: UnrecordedSamples): (TrainingRecord | SamplingRecord)[] {
    const records: (TrainingRecord | SamplingRecord)[] = [];
    for (const [key, { actor }] of this.#trainings) {
      const record = trainingRecord(actor, service, at);
      if (record.state === 'stopped') this.#trainings.delete(key);
      records.push(record);
    }
    for (const [key, client] of this.#samplings) {
      const record = samplingRecord(client.getSnapshot(), { service, key, at, unrecorded: log.unrecorded(key) });
      if (record.state === 'stopped') {
        this.#samplings.delete(key);
        log.clientGone(key);
      }
      records.push(record);
    }
    return records;
  }

  /** Their snapshots, by their keys. */
  snapshots(): { readonly trainings: Record<string, TrainingSnapshot>; readonly samplings: Record<string, SamplingSnapshot> } {
    return {
      trainings: Object.fromEntries([...this.#trainings].map(([key, client]) => [key, client.getSnapshot()])),
      samplings: Object.fromEntries([...this.#samplings].map(([key, client]) => [key, client.getSnapshot()])),
    };
  }

  /**
   * Does what a command says, and gives a sentence on it.
   * @param moment makes the name of a save different from that of every other
   * @throws TinkerError `validation` where the client is unknown or not in the state for it; what a save throws
   */
  async control({ action, client: key }: ControlCommand, moment: number): Promise<string> {
    const client = this.#trainings.get(key);
    if (client?.actor.getSnapshot().status !== 'active') throw invalid('client', key, 'the model id of a training client that is open');
    switch (action) {
      case 'pause':
        client.pause();
        return 'Paused: what has begun finishes, nothing more is sent until it is resumed.';
      case 'resume':
        client.resume();
        return 'Resumed.';
      case 'retry':
        client.retry();
        return 'The same request is sent again.';
      case 'skip':
        client.skip();
        return 'The operation is given up; the queue goes on.';
      case 'save': {
        const { optimSteps, paused } = client.getSnapshot();
        const saving = client.saveState(`inspector-step-${optimSteps}-${moment.toString(36)}`);
        // Whoever asked would wait until somebody resumes.
        if (paused) return 'The save waits in the queue: it is made when the client is resumed.';
        const { path } = await saving;
        return `Saved ${path}.`;
      }
      default:
        throw invalid('action', action, 'pause, resume, retry, skip or save');
    }
  }
}

function samplingRecord(
  { samplingSessionId, state, gate, waiting, inFlight, counters, resubmitted }: SamplingSnapshot,
  place: { readonly service: string; readonly key: string; readonly at: number; readonly unrecorded: number },
): SamplingRecord {
  const { done, failed, cancelled } = counters;
  return { type: 'sampling', ...place, samplingSessionId, state, gate, waiting, running: inFlight, counters: { done, failed, cancelled, resubmitted } };
}
