import { basename, dirname } from 'node:path';
import { runOfFolder } from '../runs/run-ids.js';
import { kindFolders } from './checkpoint-kind.js';

/** What errors call the checkpoint in a folder: the path that its owner knows it by, if it has one (wire protocol §9.5). */
export function checkpointName(directory: string): string {
  const modelId = runOfFolder(basename(dirname(directory)));
  if (modelId === undefined) return basename(directory);
  const kind = basename(dirname(dirname(directory))) === kindFolders.sampler_weights ? 'sampler_weights' : 'weights';
  return `tinker://${modelId}/${kind}/${basename(directory)}`;
}
