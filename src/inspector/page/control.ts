import { computed, signal } from '@preact/signals';
import { readReply } from '../model/received.js';
import { paths, type ControlRequest } from '../protocol.js';
import { connection, hello } from './state.js';

/** The token of the address that the program printed: `#token=…`. */
function tokenOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? undefined;
}

const token = signal(tokenOf(location.hash));
addEventListener('hashchange', () => (token.value = tokenOf(location.hash)));

/** Whether commands may be given, or why not. */
export const controlState = computed((): 'allowed' | 'recording' | 'off' | 'noToken' | 'lost' => {
  if (hello.value?.source === 'file') return 'recording';
  if (hello.value?.control !== true) return 'off';
  if (token.value === undefined) return 'noToken';
  return connection.value.state === 'open' ? 'allowed' : 'lost';
});

export interface CommandAnswer {
  readonly ok: boolean;
  readonly text: string;
}

/** Gives a command, and says in a sentence what came of it. */
export async function command(request: ControlRequest): Promise<CommandAnswer> {
  try {
    const response = await fetch(paths.control, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token.peek() ?? ''}` },
      body: JSON.stringify(request),
    });
    const { done, error } = readReply(await response.text());
    if (response.ok && done !== undefined) return { ok: true, text: done };
    return { ok: false, text: error ?? `The program answered with HTTP ${response.status}.` };
  } catch {
    return { ok: false, text: 'The program could not be reached; nothing is known to have been done.' };
  }
}
