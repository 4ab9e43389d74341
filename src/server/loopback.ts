/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/i.test(host);
}

const addressOrLocal = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]|([a-z0-9-]+\.)*localhost)$/i;

/**
 * Whether a `Host` header names this machine: by an address, as `localhost`, or by a name that is allowed. Any other name
 * that leads here may belong to a web page whose own name was made to point to this machine.
 */
export function namesThisMachine(header: string, allowed: readonly string[]): boolean {
  const name = header.replace(/:\d{1,5}$/, '').toLowerCase();
  return addressOrLocal.test(name) || allowed.some((each) => each.toLowerCase() === name);
}
