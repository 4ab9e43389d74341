import { expect } from '@jest/globals';
import type { Fault, Seen } from './faults-run.js';
import type { Instead, Passing } from './faults-proxy.js';

/** A fault, what tells whether a client has the defect, and what ours promises. */
export interface Case extends Fault {
  readonly what: string;
  /** Whether the official SDK goes wrong. */
  readonly isDefect: (seen: Seen) => boolean;
  /** What is said of a client in the table. */
  readonly says: (seen: Seen) => string;
  readonly promised: (seen: Seen) => void;
}

const slow = { endpoint: 'optim_step', action: 'delay', ms: 700 } as const;
const gaveUp = ({ told, executed }: Seen): string => {
  if (told['third'] === 'done') return `goes on: ${executed.join(', ')}`;
  return told['third'] === 'nothing' ? 'jams: the operation called next is never sent' : `the operation called next: ${told['third'] ?? ''}`;
};

/** Lost answers before one arrives: more than the SDK sends within its inner retry loop. */
const lostAnswers = 11;

/**
 * A server that knows a step by its idempotency key alone, behind a gateway that loses its first answers. The
 * gateway asks for a short pause, or the SDK's inner loop alone would take a minute.
 */
function losing(): (passing: Passing) => Instead | undefined {
  let losses = lostAnswers;
  return ({ endpoint, text }) => {
    if (endpoint === 'optim_step') {
      losses -= 1;
      if (losses >= 0) return { status: 503, headers: { 'retry-after-ms': '1' }, body: { detail: 'the answer was lost' } };
      return { status: 200, body: { request_id: 'known-by-its-key' } };
    }
    return endpoint === 'retrieve_future' && text.includes('known-by-its-key') ? { status: 200, body: { metrics: {} } } : undefined;
  };
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const stepKeys = (seen: Seen): number => new Set(seen.sent('optim_step').map(({ headers }) => headers['x-idempotency-key'])).size;
const overtaken = ({ executed }: Seen): number => executed.filter((entry, index) => entry.startsWith('optim_step') && index % 2 === 0).length;
const told = (seen: Seen): string => seen.sent('telemetry').map(({ text }) => text).join('\n');
const hasKey = (seen: Seen): boolean => told(seen).includes('tml-test-key');
const restored = ({ told }: Seen): boolean => told['restore'] === 'done';

export const cases: readonly Case[] = [
  {
    program: 'D1 cancelled',
    what: 'a queued operation is cancelled',
    rules: [slow],
    isDefect: ({ told }) => told['third'] !== 'done',
    says: gaveUp,
    promised: (seen) => {
      expect(seen.told).toMatchObject({ first: 'done', second: 'failed: cancelled', third: 'done' });
      expect(seen.executed).toEqual(['optim_step 1', 'optim_step 2']);
    },
  },
  {
    program: 'D1 timed out',
    what: 'a queued operation runs out of its time',
    rules: [slow],
    isDefect: ({ told }) => told['third'] !== 'done',
    says: gaveUp,
    promised: (seen) => {
      expect(seen.told).toMatchObject({ first: 'done', second: 'failed: timeout', third: 'done' });
      expect(seen.executed).toEqual(['optim_step 1', 'optim_step 2']);
    },
  },
  {
    program: 'D2',
    what: 'one of three chunks is refused (400)',
    rules: [{ endpoint: 'forward_backward', action: 'status', status: 400 }],
    isDefect: ({ told }) => told['step'] === 'nothing',
    says: ({ told }) => {
      if (told['step'] === 'nothing') return 'jams: neither the first chunk nor anything after it is sent';
      return told['state'] === 'wedged' ? 'wedged, and retry() sends what is missing, nothing twice' : `the step after it: ${told['step'] ?? ''}`;
    },
    promised: (seen) => {
      expect(seen.told).toMatchObject({ pass: 'failed: wedged 400', state: 'wedged', step: 'done' });
      const before = ['forward_backward 1', 'forward_backward 2', 'optim_step 3'];
      expect(seen.executed).toEqual([...before, 'forward_backward 4', 'forward_backward 5', 'forward_backward 6', 'optim_step 7']);
      expect(seen.sent('forward_backward')).toHaveLength(4);
    },
  },
  {
    program: 'D3',
    what: 'a step is called right after a named save for sampling (30 times)',
    rules: [],
    isDefect: (seen) => overtaken(seen) > 0,
    says: (seen) => `${overtaken(seen)} of 30 saves overtaken by the step`,
    promised: (seen) => {
      expect(seen.told['outcomes']).toBe('done');
      expect(seen.executed).toEqual(Array.from({ length: 60 }, (_, index) => `${index % 2 === 0 ? 'save_weights_for_sampler' : 'optim_step'} ${index + 1}`));
    },
  },
  {
    program: 'D4',
    what: `the answers to one step are lost ${lostAnswers} times, and the server knows idempotency keys only`,
    rules: [],
    instead: losing,
    isDefect: (seen) => stepKeys(seen) > 1,
    says: (seen) => `executed ${counted(stepKeys(seen), 'time')}: ${counted(stepKeys(seen), 'key')} in ${seen.sent('optim_step').length} attempts`,
    promised: (seen) => {
      expect(seen.told['step']).toBe('done');
      expect([seen.sent('optim_step').length, stepKeys(seen)]).toEqual([lostAnswers + 1, 1]);
      expect(new Set(seen.sent('optim_step').map(({ text }) => text)).size).toBe(1);
    },
  },
  {
    program: 'D5',
    what: 'the name of a save is taken (409)',
    rules: [{ endpoint: 'save_weights', action: 'status', status: 409, count: 1000 }],
    isDefect: (seen) => seen.sent('save_weights').length > 1,
    says: (seen) => `${counted(seen.sent('save_weights').length, 'request')}, then ${seen.told['save'] === 'nothing' ? 'still trying after 4 s' : 'the error'}`,
    promised: (seen) => {
      expect(seen.told['save']).toBe('failed: http 409');
      expect(seen.sent('save_weights')).toHaveLength(1);
    },
  },
  {
    program: 'D6',
    what: 'results cannot be had (500) for 2 s',
    rules: [{ endpoint: 'retrieve_future', action: 'status', status: 500, count: 1_000_000 }],
    isDefect: (seen) => seen.sent('retrieve_future').length > 20,
    says: (seen) => `${seen.sent('retrieve_future').length} polls`,
    promised: (seen) => {
      expect(seen.told['step']).toBe('nothing');
      expect(seen.sent('retrieve_future').length).toBeGreaterThan(0);
      expect(seen.sent('retrieve_future').length).toBeLessThan(6);
    },
  },
  {
    program: 'D7',
    what: 'a result is refused (404) while telemetry is on',
    rules: [{ endpoint: 'retrieve_future', action: 'status', status: 404 }],
    isDefect: hasKey,
    says: (seen) => `the API key is ${hasKey(seen) ? '' : 'not '}in telemetry`,
    promised: (seen) => {
      expect(seen.told['step']).toBe('failed: http 404');
      expect(told(seen)).toContain('user_error');
      expect(hasKey(seen)).toBe(false);
    },
  },
  {
    program: 'D10',
    what: 'the load of a restore is refused (400)',
    rules: [{ endpoint: 'load_weights', action: 'status', status: 400 }],
    isDefect: ({ left }) => left > 0,
    says: ({ left }) => (left > 0 ? 'the model made for it stays on the server' : 'no model stays on the server'),
    promised: (seen) => {
      expect(seen.told['restore']).toBe('failed: restoreFailed 400');
      expect([seen.sent('create_model').length, seen.sent('unload_model').length, seen.left]).toEqual([1, 1, 0]);
    },
  },
  {
    program: 'D16',
    what: 'the checkpoint to restore is not LoRA, though it names a rank',
    rules: [{ endpoint: 'weights_info', action: 'wrongShape', body: { base_model: 'local/tiny', is_lora: false, lora_rank: 4 } }],
    isDefect: (seen) => restored(seen) && seen.sent('weights_info').length > 0,
    says: (seen) => {
      if (seen.sent('weights_info').length === 0) return 'does not ask what it holds: one request, which the server judges';
      return restored(seen) ? 'taken for LoRA' : 'refused before anything is made';
    },
    promised: (seen) => {
      expect(seen.told['restore']).toBe('failed: restoreFailed');
      expect([seen.sent('create_model').length, seen.left]).toEqual([0, 0]);
    },
  },
];
