import { ServiceClient, TinkerError } from '../../index.js';
import type { Address } from './launcher.js';

// A server that is up answers at once; the trainers would go on trying for minutes.
const patienceMs = 10_000;

/**
 * The base model to train at a server that is not ours: the one asked for, else the first on offer.
 * @throws Error when the server does not answer, or offers none
 */
export async function modelAt({ url, apiKey }: Address, asked: string | undefined): Promise<string> {
  const service = new ServiceClient({ baseUrl: url, apiKey, requestDeadlineMs: patienceMs });
  try {
    const { supportedModels } = await service.getServerCapabilities();
    const name = asked ?? supportedModels.find(({ modelName }) => modelName !== undefined)?.modelName;
    if (name === undefined) throw new Error(`the server at ${url} names no base model. Choose one with --model`);
    return name;
  } catch (error) {
    const isSilent = error instanceof TinkerError && (error.kind === 'connection' || error.kind === 'timeout');
    if (isSilent) throw new Error(`the server at ${url} does not answer. Check --url, and that the server runs`, { cause: error });
    // Not every server can list its models; one asked for by name may be there all the same.
    if (asked !== undefined) return asked;
    throw error;
  } finally {
    await service.close();
  }
}
