import { datum } from './clients.js';
import type { ScriptedServer } from './scripted-server.js';
import { advanceUntil, type SimulatedEnvironment } from './simulated.js';
import type { CheckpointFailure, ScheduledCheckpoint } from '../../src/checkpoints/checkpoint-news.js';
import type { TrainingClient } from '../../src/index.js';

interface Scripted {
  readonly training: TrainingClient;
  readonly server: ScriptedServer;
  readonly environment: SimulatedEnvironment;
}

/** Takes optimizer steps one after the other, each awaited. */
export async function takeSteps({ training, environment }: Scripted, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken += 1) {
    const step = training.step([datum()], 'cross_entropy');
    await advanceUntil(environment, step);
  }
}

/** What was executed, saves by the names that were asked for. */
export function executed({ server }: Pick<Scripted, 'server'>): string[] {
  const saves = server.to('save_weights').map(({ body }) => ({ seqId: body['seq_id'], name: String(body['path']) }));
  return server.executed
    .filter(({ path }) => ['optim_step', 'save_weights'].includes(path))
    .map(({ path, seqId }) => (path === 'optim_step' ? 'step' : (saves.find((save) => save.seqId === seqId)?.name ?? '?')));
}

/** The names of the checkpoints that were to be deleted, in order. */
export function deleted({ server }: Pick<Scripted, 'server'>): string[] {
  return server.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
}

/** Callbacks of a schedule that keep what they were told. */
export function listening() {
  const saved: ScheduledCheckpoint[] = [];
  const removed: string[] = [];
  const failed: CheckpointFailure[] = [];
  const expiring: ScheduledCheckpoint[] = [];
  return {
    saved,
    removed,
    failed,
    expiring,
    callbacks: {
      onSaved: (checkpoint: ScheduledCheckpoint) => void saved.push(checkpoint),
      onDeleted: ({ name }: ScheduledCheckpoint) => void removed.push(name),
      onFailed: (failure: CheckpointFailure) => void failed.push(failure),
      onExpiring: (checkpoint: ScheduledCheckpoint) => void expiring.push(checkpoint),
    },
  };
}
