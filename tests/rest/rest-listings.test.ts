import { describe, expect, it } from '@jest/globals';
import { pagesOf, type Page } from '../../src/rest/rest-pages.js';
import { rejection } from '../support/clients.js';
import { scriptedRest } from '../support/rest.js';

async function all<A>(items: AsyncIterable<A>): Promise<A[]> {
  const collected: A[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** A listing of the given pages, and the offsets that were asked for. */
function listing(...pages: readonly Page<string>[]) {
  const offsets: number[] = [];
  const ask = (_: number, offset: number) => {
    offsets.push(offset);
    return Promise.resolve(pages[Math.min(offsets.length, pages.length) - 1] ?? { items: [], totalCount: undefined });
  };
  return { offsets, items: pagesOf(2, ask, (item) => item) };
}

const page = (text: string, totalCount?: number): Page<string> => ({ items: Array.from(text), totalCount });

describe('pagesOf', () => {
  it('asks for a page when it is needed, and no earlier', async () => {
    const { offsets, items } = listing(page('ab'), page('c'));
    expect(offsets).toEqual([]);
    expect([await items.next(), offsets]).toEqual([{ done: false, value: 'a' }, [0]]);
    expect([await items.next(), offsets]).toEqual([{ done: false, value: 'b' }, [0]]);
    expect([await items.next(), offsets]).toEqual([{ done: false, value: 'c' }, [0, 2]]);
    expect([await items.next(), offsets]).toEqual([{ done: true, value: undefined }, [0, 2]]);
  });

  it('ends with an empty page', async () => {
    const { offsets, items } = listing(page('ab'), page(''));
    expect([await all(items), offsets]).toEqual([['a', 'b'], [0, 2]]);
  });

  it('goes on after a short page while the server counts more', async () => {
    const { offsets, items } = listing(page('a', 3), page('b', 3), page('c', 3));
    expect([await all(items), offsets]).toEqual([['a', 'b', 'c'], [0, 1, 2]]);
  });

  it('ends at the count, without one more question', async () => {
    const { offsets, items } = listing(page('ab', 2));
    expect([await all(items), offsets]).toEqual([['a', 'b'], [0]]);
  });

  it('ends when a server ignores the offset', async () => {
    const { offsets, items } = listing(page('ab'), page('ab'));
    expect([await all(items), offsets]).toEqual([['a', 'b'], [0, 2]]);
    const counted = listing(page('ab', 100), page('ab', 100));
    expect([await all(counted.items), counted.offsets]).toEqual([['a', 'b'], [0, 2]]);
  });

  it('gives an item once that has moved to the next page', async () => {
    const { items } = listing(page('ab'), page('bc'), page(''));
    expect(await all(items)).toEqual(['a', 'b', 'c']);
  });
});

describe('RestClient', () => {
  it('goes through training runs', async () => {
    const { rest, answers, asked } = scriptedRest();
    const runs = (...ids: string[]) => ({ training_runs: ids.map((id) => ({ training_run_id: id, base_model: 'b' })), cursor: { offset: 0, limit: 2, total_count: 3 } });
    answers('training_runs', runs('a', 'b'), runs('c'));
    const iterated = await all(rest.iterateTrainingRuns({ pageSize: 2, accessScope: 'accessible', projectId: 'p' }));
    expect(iterated.map(({ trainingRunId }) => trainingRunId)).toEqual(['a', 'b', 'c']);
    expect(asked()).toEqual([0, 2].map((offset) => `GET /api/v1/training_runs?limit=2&offset=${offset}&access_scope=accessible&project_id=p`));
  });

  it('goes through training runs of a server that does not count them', async () => {
    const { rest, answers } = scriptedRest();
    answers('training_runs', { training_runs: [{ training_run_id: 'a', base_model: 'b' }] });
    expect(await all(rest.iterateTrainingRuns())).toEqual([{ trainingRunId: 'a', baseModel: 'b', corrupted: false }]);
  });

  it('goes through checkpoints', async () => {
    const { rest, answers, asked } = scriptedRest();
    const checkpoint = (path: string) => ({ checkpoint_id: 'weights/a', checkpoint_type: 'training', tinker_path: path });
    answers('checkpoints', { checkpoints: [checkpoint('p'), checkpoint('q')] }, { checkpoints: [checkpoint('r')], cursor: { offset: 2, limit: 2, total_count: 3 } });
    expect((await all(rest.iterateUserCheckpoints({ pageSize: 2 }))).map(({ tinkerPath }) => tinkerPath)).toEqual(['p', 'q', 'r']);
    expect(asked()).toEqual([0, 2].map((offset) => `GET /api/v1/checkpoints?limit=2&offset=${offset}`));
  });

  it('goes through nothing, where there is nothing', async () => {
    const { rest, answers } = scriptedRest();
    answers('checkpoints', { checkpoints: [], cursor: { offset: 0, limit: 100, total_count: 0 } });
    expect(await all(rest.iterateUserCheckpoints())).toEqual([]);
  });

  it('goes through sessions, in pages of the default size', async () => {
    const { rest, answers, asked } = scriptedRest();
    const ids = Array.from({ length: 21 }, (_, index) => `S${index}`);
    answers('sessions', { sessions: ids.slice(0, 20) }, { sessions: ids.slice(20) });
    expect(await all(rest.iterateSessions())).toEqual(ids);
    expect(asked()).toEqual([0, 20].map((offset) => `GET /api/v1/sessions?limit=20&offset=${offset}&access_scope=owned`));
  });

  it('ends with the error of a page', async () => {
    const { rest, answers } = scriptedRest();
    answers('sessions', { sessions: ['a'] });
    const items = rest.iterateSessions({ pageSize: 1 });
    expect(await items.next()).toEqual({ done: false, value: 'a' });
    expect(await rejection(items.next())).toMatchObject({ kind: 'http', status: 404 });
  });
});
