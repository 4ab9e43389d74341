const modelIdPattern = /^[A-Za-z0-9_-]+:train:\d+$/;

/** The id of a model, which is also that of its training run (wire protocol §4.5). */
export function modelIdOf(sessionId: string, modelSeqId: number): string {
  return `${sessionId}:train:${modelSeqId}`;
}

/**
 * The name of a run's folder. Colons are not allowed in file names everywhere, and ids never hold a
 * dot, so one stands for the other; undefined when the text is no id of ours.
 */
export function runFolder(modelId: string): string | undefined {
  return modelIdPattern.test(modelId) ? modelId.replaceAll(':', '.') : undefined;
}

/** The run a folder belongs to; undefined when its name is not one of ours. */
export function runOfFolder(folder: string): string | undefined {
  const modelId = folder.replaceAll('.', ':');
  return modelIdPattern.test(modelId) ? modelId : undefined;
}

/** The session that a run belongs to. */
export function sessionOfRun(modelId: string): string {
  return modelId.slice(0, modelId.indexOf(':train:'));
}
