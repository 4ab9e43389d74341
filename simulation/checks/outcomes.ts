import { TinkerError } from '../../src/types/errors.js';
import type { Slot } from '../program/slot.js';
import { failedAs, type Tracked } from '../program/tracked.js';
import type { LedgerEntry } from '../server/model-run.js';

/** Where a request has its place: the operation, then the part of it. */
interface Place {
  readonly tracked: Tracked | undefined;
  readonly order: number;
}

export interface OutcomesHost {
  readonly tracked: readonly Tracked[];
  readonly slots: readonly (Slot | undefined)[];
  readonly ledger: readonly LedgerEntry[];
  /** Models of which a restart took the memory: what was executed on them is gone, whatever was said. */
  readonly lost: ReadonlySet<string>;
  /** Numbers that were seen on the wire, by model. */
  readonly numbers: ReadonlyMap<string, ReadonlyMap<number, { readonly identity: string }>>;
  readonly violated: (what: string) => void;
}

/**
 * Compares what the server has executed with what the program asked for and was told: each request at most once and in the order
 * of the calls; what is done was executed, and what has definitely failed was not.
 */
export function checkOutcomes(host: OutcomesHost): void {
  for (const slot of host.slots) {
    if (slot !== undefined) checkModel(host, slot);
  }
  for (const tracked of host.tracked) {
    if (tracked.outcome === 'open') host.violated(`${name(tracked)} never ended`);
  }
}

function checkModel(host: OutcomesHost, { training: { modelId, actor }, restored, wedges }: Slot): void {
  const calls = host.tracked.filter((tracked) => tracked.modelId === modelId);
  const entries = host.ledger.filter((entry) => entry.modelId === modelId);
  const executed = entries.filter(({ outcome }) => outcome === 'done');
  const places = placesOf(calls, restored);
  checkOrder(host, modelId, executed, places, wedges > 0);
  for (const tracked of calls) checkCall(host, tracked, executed, entries);
  checkNumbers(host, modelId, places, new Set(actor.getSnapshot().context.spareSeqIds));
}

/** Where each request belongs; a call that only its number tells is known by that. */
function placesOf(calls: readonly Tracked[], restored: string | undefined): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  if (restored !== undefined) places.set(restored, { tracked: undefined, order: -1 });
  for (const tracked of calls) {
    for (const [part, identity] of identitiesOf(tracked).entries()) places.set(identity, { tracked, order: tracked.index * 1_000 + part });
  }
  return places;
}

function identitiesOf({ identities, operation }: Tracked): readonly string[] {
  return identities ?? (operation.seqId === undefined ? [] : [`ephemeral ${operation.seqId}`]);
}

function checkOrder({ violated }: OutcomesHost, modelId: string, executed: readonly LedgerEntry[], places: ReadonlyMap<string, Place>, wasWedged: boolean): void {
  const seen = new Set<string>();
  let last = -Infinity;
  let lastIdentity = 'nothing';
  for (const { identity, seqId } of executed) {
    const place = places.get(identity);
    if (place === undefined) violated(`${modelId} ${seqId}: ${identity} was executed, and nobody asked for it`);
    else if (seen.has(identity)) violated(`${modelId} ${seqId}: ${identity} was executed more than once`);
    // Of what the program gave up while nobody knew, parts may still come; it was told so.
    else if (place.tracked !== undefined && isGivenUp(place.tracked, wasWedged)) continue;
    else if (place.order < last) violated(`${modelId} ${seqId}: ${identity} was executed after ${lastIdentity}, which was called after it`);
    seen.add(identity);
    last = Math.max(last, place?.order ?? last);
    lastIdentity = identity;
  }
}

/** Whether the program may have given it up; a call that nobody waits for any more tells its caller nothing of being wedged. */
function isGivenUp(tracked: Tracked, wasWedged: boolean): boolean {
  return failedAs(tracked, 'wedged') || (wasWedged && (failedAs(tracked, 'cancelled') || failedAs(tracked, 'timeout')));
}

function checkCall(host: OutcomesHost, tracked: Tracked, executed: readonly LedgerEntry[], entries: readonly LedgerEntry[]): void {
  const { outcome } = tracked;
  const identities = identitiesOf(tracked);
  const missing = identities.filter((identity) => !executed.some((entry) => entry.identity === identity));
  if (outcome === 'done') {
    for (const identity of missing) host.violated(`${name(tracked)} is done, and ${identity} was not executed`);
  } else if (outcome instanceof TinkerError) {
    const ruledOut = ruledOutBy(host, tracked, outcome, entries).filter((identity) => !missing.includes(identity));
    for (const identity of ruledOut) host.violated(`${name(tracked)} has failed (${outcome.kind}: ${outcome.message}), and ${identity} was executed`);
  }
}

/** What cannot have been executed, by what the program was told. */
function ruledOutBy(host: OutcomesHost, tracked: Tracked, error: TinkerError, entries: readonly LedgerEntry[]): readonly string[] {
  const { operation, harmless, modelId = '' } = tracked;
  const risky = identitiesOf(tracked).filter((identity) => !harmless.includes(identity));
  const wasSent = operation.seqId !== undefined;
  switch (error.kind) {
    case 'wedged':
    case 'sessionLost':
      return [];
    case 'promiseExpired':
      if (error.requestId === undefined) host.violated(`${name(tracked)}: the error does not say which result is gone`);
      return [];
    case 'cancelled':
      return wasSent ? [] : identitiesOf(tracked);
    case 'timeout':
      if (!wasSent) return identitiesOf(tracked);
      // Giving up waiting says nothing; that no attempt was answered would say that nothing was taken.
      return error.message.startsWith('Waited') || error.requestId !== undefined ? [] : risky;
    case 'requestFailed':
      // Each part is a request of its own, and the error is that of one.
      return host.lost.has(modelId) ? [] : risky.filter((identity) => entries.some((entry) => entry.identity === identity && entry.requestId === error.requestId));
    default:
      // Once it is accepted, the error is about the result.
      return error.requestId === undefined && !host.lost.has(modelId) ? risky : [];
  }
}

/** All numbers from 1 on were sent, each for one thing; those set aside for what comes next are still to be. */
function checkNumbers({ numbers, violated }: OutcomesHost, modelId: string, places: ReadonlyMap<string, Place>, spare: ReadonlySet<number>): void {
  const sent = numbers.get(modelId) ?? new Map<number, { readonly identity: string }>();
  for (let seqId = 1; seqId <= Math.max(0, ...sent.keys()); seqId += 1) {
    const identity = sent.get(seqId)?.identity;
    if (identity === undefined && (spare.has(seqId) || isLastOfAll(sent, seqId, places))) continue;
    if (identity === undefined) violated(`${modelId}: number ${seqId} was never sent, and ${Math.max(...sent.keys())} was`);
    else if (!places.has(identity)) violated(`${modelId}: number ${seqId} was sent for ${identity}, which nobody asked for`);
  }
}

/** Whether a missing number is the first of the operation that was sent last: it was given up between two of its parts. */
function isLastOfAll(sent: ReadonlyMap<number, { readonly identity: string }>, missing: number, places: ReadonlyMap<string, Place>): boolean {
  const sentOnes = [...sent.values()].flatMap(({ identity }) => places.get(identity) ?? []);
  const last = Math.max(...sentOnes.map(({ order }) => order));
  return sentOnes.some(({ order, tracked }) => order === last && tracked?.operation.seqId === missing);
}

function name({ index, kind, operation }: Tracked): string {
  return `call ${index}, ${kind} (seq_id ${String(operation.seqId)})`;
}
