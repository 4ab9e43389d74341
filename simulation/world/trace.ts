/** What happened in a schedule, line by line: kept in full when somebody reads it, else as a hash. */
export class Trace {
  readonly lines: string[] | undefined;
  #low = 0x811c9dc5;
  #high = 0x1b873593;
  #count = 0;
  readonly #now: () => number;

  constructor(now: () => number, keepsLines: boolean) {
    this.#now = now;
    this.lines = keepsLines ? [] : undefined;
  }

  note(line: string): void {
    const text = `${Math.round(this.#now() * 1000)} ${line}`;
    this.#count += 1;
    this.#low = mixed(text, this.#low, 0x01000193);
    this.#high = mixed(text, this.#high, 0x5bd1e995);
    this.lines?.push(`${(this.#now() / 1000).toFixed(3).padStart(11)}  ${line}`);
  }

  /** The same for the same lines, whether they are kept or not. */
  get hash(): string {
    return `${hex(this.#low)}${hex(this.#high)}-${this.#count}`;
  }
}

/** A short name for content. */
export function digest(content: string | Uint8Array): string {
  if (typeof content === 'string') return hex(mixed(content, 0x811c9dc5, 0x01000193));
  let hash = 0x811c9dc5;
  for (const byte of content) hash = Math.imul(hash ^ byte, 0x01000193);
  return hex(hash);
}

function mixed(text: string, start: number, factor: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), factor) ^ (hash >>> 15);
  return hash;
}

function hex(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, '0');
}
