import type { ActorRecord, SamplingRecord, SessionFacts, TrainingRecord } from '../../inspection/records.js';

/** How something stands, which decides its colour; the words beside it say the same without colour. */
export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'idle';

export interface Standing {
  readonly tone: Tone;
  readonly words: string;
}

/** A training client that is to pause, but still finishes something, says both. */
export function trainingStanding({ state, paused }: Pick<TrainingRecord, 'state' | 'paused'>): Standing {
  if (paused && state !== 'paused' && state !== 'stopped') {
    return { tone: state === 'wedged' ? 'bad' : 'warn', words: `${state}, pausing` };
  }
  return { tone: trainingTones[state], words: state };
}

const trainingTones: Readonly<Record<TrainingRecord['state'], Tone>> = {
  idle: 'idle',
  submitting: 'busy',
  holding: 'busy',
  computing: 'busy',
  paused: 'warn',
  wedged: 'bad',
  stopped: 'idle',
};

export function samplingStanding({ state }: Pick<SamplingRecord, 'state'>): Standing {
  return { tone: state === 'busy' ? 'busy' : 'idle', words: state };
}

/** The gate's own words: anything but `open` holds samples back. */
export function gateStanding(gate: string): Standing {
  switch (gate) {
    case 'open':
      return { tone: 'ok', words: 'open' };
    case 'backingOff':
      return { tone: 'warn', words: 'backing off' };
    case 'billingPaused':
      return { tone: 'bad', words: 'paused by billing' };
    default:
      return { tone: 'warn', words: gate };
  }
}

export function sessionStanding({ state }: Pick<SessionFacts, 'state'>): Standing {
  return sessionStandings[state];
}

const sessionStandings: Readonly<Record<SessionFacts['state'], Standing>> = {
  unopened: { tone: 'idle', words: 'not opened yet' },
  opening: { tone: 'busy', words: 'opening' },
  beating: { tone: 'ok', words: 'beating' },
  atRisk: { tone: 'warn', words: 'at risk' },
  failed: { tone: 'bad', words: 'failed to open' },
  lost: { tone: 'bad', words: 'lost' },
};

export function actorStanding({ status }: Pick<ActorRecord, 'status'>): Standing {
  return { tone: actorTones[status], words: status };
}

const actorTones: Readonly<Record<ActorRecord['status'], Tone>> = { active: 'busy', done: 'ok', error: 'bad', stopped: 'idle' };
