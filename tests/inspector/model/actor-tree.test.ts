import { describe, expect, it } from '@jest/globals';
import type { ActorRecord } from '../../../src/inspection/records.js';
import { actorTree } from '../../../src/inspector/model/actor-tree.js';

const actor = (key: string, parent?: string, status: ActorRecord['status'] = 'active'): ActorRecord => ({
  type: 'actor', service: 's', key, at: 1, id: key, ...(parent !== undefined && { parent }), machine: 'm', states: [], since: 0, status, transitions: 0, recent: [],
});
const keys = (actors: readonly ActorRecord[] | undefined) => actors?.map(({ key }) => key);

describe('actor tree', () => {
  it('has actors under the one that started them', () => {
    const { roots, childrenOf } = actorTree([actor('service'), actor('session', 'service'), actor('training', 'service'), actor('request', 'training')], false);
    expect([keys(roots), keys(childrenOf.get('service')), keys(childrenOf.get('training'))]).toEqual([['service'], ['session', 'training'], ['request']]);
  });

  it('leaves out what has ended, and says how many', () => {
    const all = [actor('a'), actor('b', 'a', 'done'), actor('c', 'a', 'error')];
    expect([actorTree(all, false).ended, actorTree(all, false).childrenOf.size]).toEqual([2, 0]);
    expect([actorTree(all, true).ended, keys(actorTree(all, true).childrenOf.get('a'))]).toEqual([0, ['b', 'c']]);
  });

  it('has actors as roots whose parent is not there', () => {
    expect(keys(actorTree([actor('a', 'gone'), actor('b', 'b'), actor('d', 'c'), actor('c', undefined, 'stopped')], false).roots)).toEqual(['a', 'b', 'd']);
  });
});
