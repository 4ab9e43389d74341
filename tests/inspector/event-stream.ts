import { request, type IncomingMessage } from 'node:http';
import { afterEach } from '@jest/globals';

/** An event as a page gets it. */
export interface SeenEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

const open: IncomingMessage[] = [];
afterEach(() => {
  for (const response of open.splice(0)) response.destroy();
});

/** Asks for something with headers that `fetch` would not send; nothing of the answer is read yet. */
export async function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  const outgoing = request(url, { headers, agent: false });
  outgoing.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
  open.push(response);
  return response;
}

/** The events of a stream, one after the other; undefined at its end, or when it breaks off. */
export function eventsOf(response: IncomingMessage): () => Promise<SeenEvent | undefined> {
  const events = parsed(response);
  return async () => {
    const { done, value } = await events.next();
    return done === true ? undefined : value;
  };
}

async function* parsed(response: IncomingMessage): AsyncGenerator<SeenEvent> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk);
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        yield eventIn(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  } catch {
    // The other side has gone.
  }
}

function eventIn(text: string): SeenEvent {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
    fields[name] = value;
  }
  const data: unknown = JSON.parse(fields['data'] ?? 'null');
  return { event: fields['event'] ?? 'message', id: fields['id'], data };
}
