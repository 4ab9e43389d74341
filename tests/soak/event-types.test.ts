import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StateNode } from 'xstate';
import { scriptedTraining } from '../support/clients.js';

// xstate keeps what it finds out for a type of event under that type, in the node that was asked.
const asked = new Set<string>();
const next: unknown = Reflect.get(StateNode.prototype, 'next');

beforeEach(() => {
  asked.clear();
  if (typeof next !== 'function') throw new TypeError('xstate finds transitions in another way now');
  Reflect.set(StateNode.prototype, 'next', function (this: StateNode, snapshot: unknown, event: { readonly type: string }): unknown {
    asked.add(`${this.id} ${event.type}`);
    const found: unknown = Reflect.apply(next, this, [snapshot, event]);
    return found;
  });
});
afterEach(() => {
  Reflect.set(StateNode.prototype, 'next', next);
});

describe('a service whose clients come and go', () => {
  it('meets no type of event that is named after one of them', async () => {
    const { service, training } = await scriptedTraining();
    const round = async () => {
      const saved = await training.saveState('a');
      const restored = await service.createTrainingClientFromState(saved.path);
      await restored.unload();
      const fresh = await service.createLoraTrainingClient({ baseModel: 'base' });
      fresh.close();
      const sampler = await training.saveWeightsAndGetSamplingClient();
      sampler.close();
      const opened = await service.createSamplingClient({ baseModel: 'base' });
      opened.close();
    };
    await round();
    const before = [...asked];
    for (let count = 0; count < 3; count += 1) await round();
    expect([...asked]).toEqual(before);
    await service.close();
  });
});
