import { isRecord } from '../types/check.js';
import { invalid, show, TinkerError } from '../types/errors.js';
import { protocolVersion, version } from '../types/version.js';

const systems: Readonly<Record<string, string>> = {
  darwin: 'MacOS',
  linux: 'Linux',
  win32: 'Windows',
  freebsd: 'FreeBSD',
  openbsd: 'OpenBSD',
  android: 'Android',
};
const architectures: Readonly<Record<string, string>> = { ia32: 'x32', x64: 'x64', arm: 'arm', arm64: 'arm64' };

/** What we say of ourselves, and what a Cloudflare tunnel asks for (wire protocol §1.4). */
export function ownHeaders(
  env: Readonly<Record<string, string | undefined>>,
  { platform, arch, version: runtime }: Pick<NodeJS.Process, 'arch' | 'version'> & { readonly platform: string } = process,
): Record<string, string> {
  return {
    'User-Agent': `tinkerjs/${version}`,
    'X-Stainless-Package-Version': protocolVersion,
    'X-Stainless-OS': systems[platform] ?? `Other:${platform}`,
    'X-Stainless-Arch': architectures[arch] ?? `other:${arch}`,
    'X-Stainless-Runtime': 'node',
    'X-Stainless-Runtime-Version': runtime,
    'X-Stainless-Async': 'async:node',
    ...headerFrom('CLOUDFLARE_ACCESS_CLIENT_ID', 'CF-Access-Client-Id', env),
    ...headerFrom('CLOUDFLARE_ACCESS_CLIENT_SECRET', 'CF-Access-Client-Secret', env),
  };
}

function headerFrom(variable: string, name: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const value = env[variable] ?? '';
  if (value !== '') checkHeader(variable, name, value);
  return value === '' ? {} : { [name]: value };
}

/** @throws TinkerError `validation` naming the header */
export function checkHeaders(given: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  if (!isRecord(given)) throw invalid('defaultHeaders', given, 'a plain object of header values by name');
  for (const [name, value] of Object.entries(given)) checkHeader('defaultHeaders', name, value);
  return given;
}

// The connection is the transport's own; a request with one of these never leaves, or leaves without it.
const transportHeaders = new Set(['connection', 'content-length', 'expect', 'host', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** The value is not shown: headers may hold secrets. */
function checkHeader(field: string, name: string, value: unknown): void {
  const refused = (why: string) => new TinkerError('validation', `${field}: ${show(name)} ${why}`, { field });
  if (transportHeaders.has(name.toLowerCase())) throw refused('is set by the transport and cannot be given');
  if (typeof value !== 'string') throw refused('has a value that is not a string');
  try {
    new Headers([[name, value]]);
  } catch {
    throw refused('or its value has characters that no header may have');
  }
}

const secretNames = /secret|key|token|auth|cookie|password/i;

/** The headers that hold secrets, by what their names say. */
export function secretHeaders(headers: Readonly<Record<string, string>>): readonly (readonly [name: string, value: string])[] {
  return Object.entries(headers).filter(([name]) => secretNames.test(name));
}
