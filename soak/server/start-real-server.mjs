import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./real-server.mjs', import.meta.url));

/**
 * Starts the server in a process of its own. It is spoken to over the channel between processes, so that no connection
 * but the client's is counted.
 * @param {number} scale how much faster than the real time passes
 * @param {'calm' | 'faulty'} mood whether a few percent of requests go wrong
 */
export async function startRealServer(scale, mood) {
  const child = fork(program, [String(scale), mood], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** @type {Map<number, (said: unknown) => void>} */
  const waiting = new Map();
  let ids = 0;
  const url = await new Promise((resolve) => {
    waiting.set(0, resolve);
    child.on('message', (/** @type {{ id: number, said: unknown }} */ { id, said }) => {
      waiting.get(id)?.(said);
      waiting.delete(id);
    });
  });
  /** @param {object} told @returns {Promise<any>} */
  const tell = (told) =>
    new Promise((resolve) => {
      ids += 1;
      waiting.set(ids, resolve);
      child.send({ ...told, id: ids });
    });
  return {
    url: String(url),
    tell,
    close: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
