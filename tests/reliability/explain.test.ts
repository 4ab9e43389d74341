import { describe, expect, it } from '@jest/globals';

interface Told {
  readonly says: 'told';
  readonly key: string;
  readonly how: 'done' | 'failed' | 'wedged';
  readonly seqId?: number;
  readonly requestId?: string;
  readonly error?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly unit: { readonly key: string; readonly kind: string; readonly parts: readonly { readonly kind: string; readonly item: unknown }[] };
  readonly told: Told | undefined;
}
interface Executed {
  readonly seqId: number;
  readonly kind: string;
  readonly outcome: 'done' | 'failed';
  readonly requestId: string;
}
interface Step {
  readonly unit: { readonly key: string };
  readonly part: number;
}
interface Explain {
  readonly explanationsOf: (operations: readonly Operation[], ledger: readonly Executed[]) => readonly (readonly Step[])[];
  readonly isUpwards: (ledger: readonly Executed[]) => boolean;
  readonly claimOf: (told: Told | undefined, parts: number) => string;
}

// The programs are plain modules, which the compiler does not read here.
const path: string = '../../reliability/faults/explain.mjs';
const { explanationsOf, isUpwards, claimOf }: Explain = await import(path);

const operation = (key: string, told: Partial<Told> | undefined, kinds: readonly string[] = ['optim_step']): Operation => ({
  unit: { key, kind: 'optimStep', parts: kinds.map((kind) => ({ kind, item: key })) },
  told: told === undefined ? undefined : { says: 'told', key, how: 'done', ...told },
});
const executed = (seqId: number, kind = 'optim_step', outcome: 'done' | 'failed' = 'done'): Executed => ({ seqId, kind, outcome, requestId: `r${seqId}` });
const done = (seqId: number): Partial<Told> => ({ seqId, requestId: `r${seqId}` });
const refused = (seqId: number): Partial<Told> => ({ how: 'failed', seqId, error: { kind: 'http', status: 400 } });
const wedged = (seqId: number): Partial<Told> => ({ how: 'wedged', seqId, error: { kind: 'wedged' } });
const readings = (operations: readonly Operation[], ledger: readonly Executed[]) =>
  explanationsOf(operations, ledger).map((steps) => steps.map(({ unit, part }) => `${unit.key}/${part}`).join(' '));
const chunks = ['forward_backward', 'forward_backward', 'forward_backward'];

describe('a ledger that keeps the promise', () => {
  it('holds what was done, in the order of the calls', () => {
    expect(readings([operation('a', done(1)), operation('b', done(2))], [executed(1), executed(2)])).toEqual(['a/0 b/0']);
  });

  it('holds nothing of what was refused', () => {
    expect(readings([operation('a', refused(1)), operation('b', done(2))], [executed(2)])).toEqual(['b/0']);
  });

  it('may hold, or not, what the client is wedged on, and what was called by a process that was killed', () => {
    for (const told of [wedged(1), undefined]) {
      expect(readings([operation('a', told)], [executed(1)])).toEqual(['a/0']);
      expect(readings([operation('a', told)], [])).toEqual(['']);
    }
  });

  it('may hold some of the requests of a pass that is wedged, also after what was called later', () => {
    const ledger = [executed(1), executed(3, 'forward_backward')];
    expect(readings([operation('pass', wedged(1), chunks), operation('step', done(1))], ledger)).toContain('step/0 pass/0');
  });

  it('may hold any of the requests of a wedged pass late: which one, the numbers do not say', () => {
    const pass = operation('pass', wedged(1), chunks);
    const parts = pass.unit.parts.map(({ kind }, part) => ({ kind, item: { does: 'pass', data: 'abc'[part] } }));
    const ledger = [executed(1), executed(2, 'forward_backward'), executed(3, 'forward_backward')];
    const found = readings([{ ...pass, unit: { ...pass.unit, parts } }, operation('step', done(1))], ledger);
    expect(found).toEqual(expect.arrayContaining(['step/0 pass/0 pass/1', 'step/0 pass/1 pass/2']));
  });

  it('may hold, under another id, what was lost with its model when the server was restarted', () => {
    const message = 'Model m is not loaded: the server was restarted, and what it held in memory is gone.';
    const failed: Partial<Told> = { how: 'failed', ...done(1), requestId: 'later', error: { kind: 'requestFailed', message } };
    expect(readings([operation('a', failed)], [executed(1)])).toEqual(['a/0']);
    expect(readings([operation('a', failed)], [])).toEqual(['']);
    expect(readings([operation('a', failed)], [executed(2)])).toEqual([]);
  });

  it('holds without effect what failed on the server', () => {
    const failed: Partial<Told> = { how: 'failed', ...done(1), error: { kind: 'requestFailed' } };
    expect(readings([operation('a', failed)], [executed(1, 'optim_step', 'failed')])).toEqual(['']);
    expect(readings([operation('a', failed)], [executed(1)])).toEqual([]);
  });
});

describe('a ledger that breaks the promise', () => {
  it.each([
    ['misses what was done', [operation('a', done(1))], []],
    ['holds it twice', [operation('a', done(1))], [executed(1), executed(2)]],
    ['holds what was refused', [operation('a', refused(1))], [executed(1)]],
    ['holds what nobody called', [], [executed(1)]],
    ['holds another kind', [operation('a', done(1))], [executed(1, 'save_weights')]],
    ['is in another order', [operation('a', done(1)), operation('b', done(2), ['save_weights'])], [executed(2, 'save_weights'), executed(1)]],
    ['has it under another number', [operation('a', done(1))], [executed(2)]],
    ['misses a request of a pass that is done', [operation('a', done(1), chunks)], [executed(1, 'forward_backward'), executed(2, 'forward_backward')]],
  ])('%s', (_, operations, ledger) => {
    expect(readings(operations, ledger)).toEqual([]);
  });

  it('goes through the numbers downwards, or through one twice', () => {
    expect(isUpwards([executed(1), executed(3)])).toBe(true);
    expect(isUpwards([executed(3), executed(1)])).toBe(false);
    expect(isUpwards([executed(1), executed(1)])).toBe(false);
  });
});

describe('what an end says of an operation', () => {
  it('is nothing where only its result is lost, and where its client was closed on the way', () => {
    const lost: Told = { says: 'told', key: 'a', how: 'failed', seqId: 1, requestId: 'r1', error: { kind: 'promiseExpired' } };
    const closed: Told = { says: 'told', key: 'a', how: 'failed', seqId: 1, error: { kind: 'cancelled' } };
    expect([claimOf(lost, 1), claimOf(closed, 1)]).toEqual(['some', 'some']);
  });

  it('is that nothing was executed where it was taken back before it had a number', () => {
    expect(claimOf({ says: 'told', key: 'a', how: 'failed', error: { kind: 'cancelled' } }, 1)).toBe('none');
  });
});
