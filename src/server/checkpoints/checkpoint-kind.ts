import type { CheckpointType } from '../../types/ids.js';

/** The two name spaces of checkpoints, as paths name them (wire protocol §2.5, §9.5). */
export type CheckpointKind = 'weights' | 'sampler_weights';

export const checkpointKinds: readonly CheckpointKind[] = ['weights', 'sampler_weights'];

/** The folder of the server's data that holds the checkpoints of a kind, one folder per run. */
export const kindFolders: Readonly<Record<CheckpointKind, string>> = { weights: 'checkpoints', sampler_weights: 'sampler-checkpoints' };

/** What listings and manifests call a kind. */
export const typeOfKind: Readonly<Record<CheckpointKind, CheckpointType>> = { weights: 'training', sampler_weights: 'sampler' };

/** The kind of a parsed path. */
export function kindOfType(type: CheckpointType): CheckpointKind {
  return type === 'training' ? 'weights' : 'sampler_weights';
}
