import { openTestApi, passRequest, type TestApi } from '../../support/local-api.js';
import { recordedRequests } from './recorded-requests.js';

/** An answer as the local server gave it. */
export interface Recorded {
  /** The path after `/api/v1/`, with names in place of ids. */
  readonly endpoint: string;
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** What the local server answers to all that the official SDK sends; results of passes and samples in both dialects. */
export async function recordedAnswers(): Promise<readonly Recorded[]> {
  const server = await openTestApi();
  try {
    const opened = await server.openModel();
    const requestId = await server.submit('/api/v1/forward_backward', passRequest(opened.modelId, 1));
    await server.poll(requestId);
    const answers: Recorded[] = [];
    for (const { method, target, contentType, body } of await recordedRequests({ ...opened, requestId })) {
      if (target.includes('/retrieve_future')) continue;
      const answer = await server.request(method, target, body, contentType === undefined ? {} : { 'content-type': contentType });
      const told = await recorded(target, answer);
      answers.push(told);
      const submitted = requestIdOf(told);
      if (submitted !== undefined) answers.push(...(await results(server, submitted)));
    }
    return answers;
  } finally {
    await server.close();
  }
}

function requestIdOf({ bytes, contentType }: Recorded): string | undefined {
  const said: unknown = contentType.includes('json') ? JSON.parse(bytes.toString()) : {};
  const id = typeof said === 'object' && said !== null && 'request_id' in said ? said.request_id : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** The result in both dialects, where it is there at once. */
async function results(server: TestApi, requestId: string): Promise<Recorded[]> {
  const found: Recorded[] = [];
  for (const accept of ['application/json', 'application/x-protobuf, application/json']) {
    const polling = server.request('POST', '/api/v1/retrieve_future', { request_id: requestId }, { accept });
    // What waits for a number that does not come is held: that answer is of use, too.
    server.clock.advance(server.api.options.pollHoldMs);
    found.push(await recorded('/api/v1/retrieve_future', await polling));
  }
  return found;
}

async function recorded(target: string, answer: Response): Promise<Recorded> {
  const path = (target.split('?')[0] ?? '').replace(/^\/api\/v1\//, '');
  const endpoint = path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}');
  return { endpoint, status: answer.status, contentType: answer.headers.get('content-type') ?? '', bytes: Buffer.from(await answer.arrayBuffer()) };
}
