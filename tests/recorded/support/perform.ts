import { ServiceClient } from '../../../src/index.js';
import type { Program } from '../programs/program.js';
import { heldTime } from './held-time.js';
import { recordsOf, type RequestRecord } from './record.js';
import { startRecordingProxy, type Target } from './recording-proxy.js';

/** Runs the program with our client in front of a server; gives what it sent. */
export async function perform(program: Program, server: Target): Promise<RequestRecord[]> {
  const proxy = await startRecordingProxy(server, program);
  const opened: ServiceClient[] = [];
  const { environment, pass } = heldTime(program.hurried === true);
  const restore = setVariables(program.env ?? {});
  try {
    await program.run({
      open: (options = {}) => {
        const service = new ServiceClient({ baseUrl: proxy.url, apiKey: server.apiKey, environment, ...options });
        opened.push(service);
        return service;
      },
      passTenSeconds: pass,
      until: proxy.until,
    });
    await Promise.all(opened.map((service) => service.close()));
    return recordsOf(program, proxy.exchanges, server.apiKey);
  } finally {
    restore();
    await Promise.all(opened.map((service) => service.close()));
    await proxy.close();
  }
}

/** Sets the client's environment variables, and takes out those that the machine has; gives the way back. */
function setVariables(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.entries(process.env).filter(([name]) => /^(TINKER|CLOUDFLARE)_/.test(name));
  const clear = (names: readonly string[]) => names.forEach((name) => Reflect.deleteProperty(process.env, name));
  clear(before.map(([name]) => name));
  Object.assign(process.env, variables);
  return () => {
    clear(Object.keys(variables));
    Object.assign(process.env, Object.fromEntries(before));
  };
}
