import type { TrainingRecord } from '../../inspection/records.js';
import { expiryStanding } from './checkpoint-expiry.js';
import { ago, counted, shortId, wholeDuration } from './format.js';
import type { ServiceStore } from './service-store.js';
import type { Tone } from './tones.js';

/** Something that the reader should know at once. */
export interface Attention {
  readonly key: string;
  readonly tone: Extract<Tone, 'warn' | 'bad'>;
  readonly text: string;
  /** Id of the panel that says more. */
  readonly panel: 'session' | 'training' | 'sampling' | 'checkpoints' | 'errors';
}

/** Errors older than this are history. */
const recent = 15 * 60_000;

/** What asks for a decision or explains a standstill, the gravest first. */
export function attentions(store: ServiceStore, now: number): Attention[] {
  const found = [...ofSession(store, now), ...ofTrainings(store.trainings.items), ...ofGate(store), ...ofCheckpoints(store, now), ...ofErrors(store, now)];
  return found.sort((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad'));
}

function ofSession({ service }: ServiceStore, now: number): Attention[] {
  if (service === undefined || service.closedAt !== undefined) return [];
  const { session, billingPausedAt } = service;
  const found: Attention[] = [];
  if (billingPausedAt !== undefined) {
    found.push({ key: 'billing', tone: 'bad', panel: 'session', text: `The account is paused by billing for ${wholeDuration(now - billingPausedAt)}: operations wait for it.` });
  }
  if (session.state === 'lost') found.push({ key: 'session', tone: 'bad', panel: 'session', text: 'The session is lost: nothing more will succeed in it.' });
  if (session.state === 'failed') found.push({ key: 'session', tone: 'bad', panel: 'session', text: 'The session could not be opened.' });
  if (session.state === 'atRisk') {
    const heard = session.heardAt === undefined ? '' : `, last heard of ${ago(session.heardAt, now)}`;
    found.push({ key: 'session', tone: 'warn', panel: 'session', text: `The session is at risk: the server does not answer heartbeats${heard}.` });
  }
  return found;
}

function ofTrainings(trainings: readonly TrainingRecord[]): Attention[] {
  return trainings.flatMap(({ key, state, paused, queued }): Attention[] => {
    if (state === 'stopped') return [];
    const name = shortId(key);
    if (state === 'wedged') return [{ key: `wedged ${key}`, tone: 'bad', panel: 'training', text: `${name} is wedged: the outcome of an operation is unknown, and nothing later is sent until you retry or skip it.` }];
    if (paused) return [{ key: `paused ${key}`, tone: 'warn', panel: 'training', text: queued === 0 ? `${name} is paused; nothing waits.` : `${name} is paused; ${counted(queued, 'operation')} held back.` }];
    return [];
  });
}

function ofGate({ samplings }: ServiceStore): Attention[] {
  const held = samplings.items.filter(({ state, gate, waiting }) => state !== 'stopped' && gate !== 'open' && waiting > 0);
  const [first] = held;
  if (first === undefined) return [];
  const waiting = held.reduce((sum, sampling) => sum + sampling.waiting, 0);
  return [{ key: 'gate', tone: 'warn', panel: 'sampling', text: `The server asked to sample less for a while: ${counted(waiting, 'sample')} held back.` }];
}

function ofCheckpoints({ checkpoints }: ServiceStore, now: number): Attention[] {
  const soon = checkpoints.items.filter((checkpoint) => {
    const { expiresAt } = checkpoint;
    return expiresAt !== undefined && expiresAt > now && expiryStanding(checkpoint, now).tone === 'bad';
  });
  if (soon.length === 0) return [];
  return [{ key: 'expiry', tone: 'warn', panel: 'checkpoints', text: `${counted(soon.length, 'checkpoint expires', 'checkpoints expire')} within the hour.` }];
}

function ofErrors({ errors }: ServiceStore, now: number): Attention[] {
  const fresh = errors.items.filter(({ at }) => now - at < recent);
  const [first] = fresh;
  if (first === undefined) return [];
  const last = fresh.reduce((newest, error) => (error.at >= newest.at ? error : newest), first);
  const count = counted(fresh.length, 'failure');
  return [{ key: 'errors', tone: 'warn', panel: 'errors', text: `${count} in the last 15 minutes, the newest ${ago(last.at, now)}: ${last.kind}.` }];
}
