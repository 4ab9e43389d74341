import * as t from 'io-ts';
import type * as R from '../inspection/records.js';
import { shape } from './shape.js';

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);

/** Any number but those that a page cannot draw: a file may hold `1e999`. */
export const FiniteNumber = new t.Type<number, unknown>(
  'FiniteNumber',
  isFiniteNumber,
  (value, context) => (isFiniteNumber(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);

const texts = t.readonlyArray(t.string);

export const session = shape<R.SessionFacts>(
  'SessionFacts',
  {
    state: t.keyof({ unopened: null, opening: null, beating: null, atRisk: null, failed: null, lost: null }),
    heartbeats: FiniteNumber,
    failedHeartbeats: FiniteNumber,
  },
  { id: t.string, heardAt: FiniteNumber, heartbeatMs: FiniteNumber },
);

const chartState = shape<R.ChartState>(
  'ChartState',
  {
    path: t.string,
    type: t.keyof({ atomic: null, compound: null, parallel: null, final: null, history: null }),
    initial: t.boolean,
    invokes: texts,
  },
  {},
);

const chartTransition = shape<R.ChartTransition>('ChartTransition', { from: t.string, to: texts, event: t.string }, { guard: t.string });

export const chart = shape<R.MachineChart>(
  'MachineChart',
  { id: t.string, states: t.readonlyArray(chartState), transitions: t.readonlyArray(chartTransition) },
  {},
);

export const transition = shape<R.ActorTransition>('ActorTransition', { event: t.string, from: texts, to: texts, at: FiniteNumber }, {});

export const queued = shape<R.QueuedFacts>('QueuedFacts', { id: t.string, kind: t.string, bytes: FiniteNumber, parts: FiniteNumber }, {});

export const inFlight = shape<R.InFlightFacts>(
  'InFlightFacts',
  { id: t.string, kind: t.string, seqIds: t.readonlyArray(FiniteNumber), polls: FiniteNumber },
  { queueState: t.string },
);

export const phase = shape<R.Phase>(
  'Phase',
  {
    name: t.keyof({ queued: null, encoding: null, sending: null, waiting: null, paused: null, downloading: null }),
    ms: FiniteNumber,
  },
  { reason: t.string },
);

export const mark = shape<R.Mark>(
  'Mark',
  { name: t.keyof({ 'sent again': null, 'poll failed': null, 'asked anew': null }), ms: FiniteNumber, why: t.string },
  {},
);
