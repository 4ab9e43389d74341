import { basename, dirname } from 'node:path';
import { runOfFolder } from '../run-ids.js';

/** What errors call the checkpoint in a folder: the path that its owner knows it by, if it has one (wire protocol §9.5). */
export function checkpointName(directory: string): string {
  const modelId = runOfFolder(basename(dirname(directory)));
  return modelId === undefined ? basename(directory) : `tinker://${modelId}/weights/${basename(directory)}`;
}
