import { ServiceClient, TinkerError } from '../index.js';

// A server that is up answers at once; training calls would go on trying for minutes.
const patienceMs = 10_000;

/** A server that is not ours; what is absent comes from the environment. */
export interface Server {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** How the command calls its options. */
export interface FlagNames {
  readonly url: string;
  readonly model: string;
}

/**
 * The base model to train at a server that is not ours: the one asked for, else the first on offer.
 * @throws Error when the server does not answer, or offers none
 */
export async function modelAt({ url, apiKey }: Server, asked: string | undefined, flags: FlagNames): Promise<string> {
  const service = new ServiceClient({ baseUrl: url, apiKey, requestDeadlineMs: patienceMs });
  const server = url === undefined ? 'the server' : `the server at ${url}`;
  try {
    const { supportedModels } = await service.getServerCapabilities();
    const name = asked ?? supportedModels.find(({ modelName }) => modelName !== undefined)?.modelName;
    if (name === undefined) throw new Error(`${server} names no base model. Choose one with ${flags.model}`);
    return name;
  } catch (error) {
    const isSilent = error instanceof TinkerError && (error.kind === 'connection' || error.kind === 'timeout');
    if (isSilent) throw new Error(`${server} does not answer. Check ${flags.url}, and that the server runs`, { cause: error });
    // Not every server can list its models; one asked for by name may be there all the same.
    if (asked !== undefined) return asked;
    throw error;
  } finally {
    await service.close();
  }
}
