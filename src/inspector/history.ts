import type { InspectionRecord } from '../inspection/records.js';
import type { Dropped } from './protocol.js';
import { AnyRecord } from './record-codec.js';
import { RevisionLog } from './revision-log.js';
import { shares, shelfOf, type ShelfName } from './shelves.js';

/** A record as it is kept. */
export interface Kept {
  /** Grows with every change of any record; negative once it is let go. */
  revision: number;
  /** The record as compact JSON, in UTF-8. */
  json: Buffer;
  shelf: ShelfName;
  readonly type: InspectionRecord['type'];
  readonly service: string;
  readonly key: string;
}

interface Shelf {
  readonly log: RevisionLog<Kept>;
  readonly share: number;
  size: number;
}

type OfService = Map<InspectionRecord['type'], Map<string, Kept>>;

/**
 * The newest state of everything that was told, as text, within a bound: beyond it the oldest of the shelf that most
 * exceeds its share is let go.
 */
export class History {
  readonly #maxBytes: number;
  readonly #services = new Map<string, OfService>();
  readonly #changes = new RevisionLog<Kept>();
  readonly #shelves: Readonly<Record<ShelfName, Shelf>>;
  readonly #all: readonly Shelf[];
  readonly #listeners = new Set<() => void>();
  #revision = 0;
  #size = 0;
  #dropped: Dropped = { records: 0, operations: 0 };

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    const shelf = (name: ShelfName): Shelf => ({ log: new RevisionLog(), share: shares[name], size: 0 });
    this.#shelves = {
      definitions: shelf('definitions'),
      clients: shelf('clients'),
      open: shelf('open'),
      ended: shelf('ended'),
      metrics: shelf('metrics'),
      events: shelf('events'),
    };
    this.#all = Object.values(this.#shelves);
  }

  /** Of the newest change; zero before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Bytes of JSON that are kept. */
  get size(): number {
    return this.#size;
  }

  /** What was let go so far. */
  get dropped(): Dropped {
    return this.#dropped;
  }

  /** Keeps records, each in place of the one before it. Never throws. */
  write(records: readonly InspectionRecord[]): void {
    for (const record of records) this.#keep(record);
    for (const listener of this.#listeners) listener();
  }

  /** What changed after a revision, in the order of the changes; at most so many. */
  after(revision: number, most: number): Kept[] {
    return this.#changes.after(revision, most);
  }

  /** Tells of every change; gives what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The services of which something was told, in order. */
  serviceIds(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** Every record that is kept, the one that changed last at the end. */
  *records(isWanted: (kept: Kept) => boolean = () => true): Generator<InspectionRecord> {
    for (const kept of this.#changes.after(0, Infinity)) {
      if (!isWanted(kept)) continue;
      const record: unknown = JSON.parse(kept.json.toString());
      if (AnyRecord.is(record)) yield record;
    }
  }

  #keep(record: InspectionRecord): void {
    const text = textOf(record);
    if (text === undefined) return;
    const shelf = shelfOf(record);
    const json = bytesOf(text, shelf);
    const known = this.#typeOf(record);
    const kept = known.get(record.key);
    this.#revision += 1;
    if (kept === undefined) {
      const { type, service, key } = record;
      known.set(key, this.#placed({ revision: 0, json, shelf, type, service, key }));
    } else {
      this.#resize(kept, -kept.json.length);
      kept.json = json;
      kept.shelf = shelf;
      this.#placed(kept);
    }
    while (this.#size > this.#maxBytes && this.#dropOldest());
  }

  #placed(kept: Kept): Kept {
    kept.revision = this.#revision;
    this.#resize(kept, kept.json.length);
    this.#changes.add(kept);
    this.#shelves[kept.shelf].log.add(kept);
    return kept;
  }

  #resize(kept: Kept, by: number): void {
    this.#size += by;
    this.#shelves[kept.shelf].size += by;
  }

  #typeOf({ service, type }: InspectionRecord): Map<string, Kept> {
    const ofService = this.#services.get(service) ?? new Map<InspectionRecord['type'], Map<string, Kept>>();
    if (ofService.size === 0) this.#services.set(service, ofService);
    const known = ofService.get(type) ?? new Map<string, Kept>();
    if (known.size === 0) ofService.set(type, known);
    return known;
  }

  #dropOldest(): boolean {
    let fullest: Shelf | undefined;
    for (const shelf of this.#all) {
      if (fullest === undefined || shelf.size / shelf.share > fullest.size / fullest.share) fullest = shelf;
    }
    const oldest = fullest?.log.takeOldest();
    if (oldest === undefined) return false;
    this.#resize(oldest, -oldest.json.length);
    this.#services.get(oldest.service)?.get(oldest.type)?.delete(oldest.key);
    oldest.revision = -1;
    oldest.json = nothing;
    const { records, operations } = this.#dropped;
    this.#dropped = { records: records + 1, operations: operations + (oldest.type === 'operation' ? 1 : 0) };
    return true;
  }
}

const nothing = Buffer.alloc(0);

/**
 * Outside of V8's heap, which takes a multiple of what it holds. What is let go in the order in which it came shares
 * pieces of memory; all else has its own, so that none keeps a piece for long.
 */
function bytesOf(text: string, shelf: ShelfName): Buffer {
  if (shelf === 'ended') return Buffer.from(text);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** Undefined for what JSON cannot carry: whoever is watched must not suffer from it. */
function textOf(record: InspectionRecord): string | undefined {
  try {
    return JSON.stringify(record);
  } catch {
    return undefined;
  }
}
