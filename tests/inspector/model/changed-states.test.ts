import { describe, expect, it } from '@jest/globals';
import { changedStates } from '../../../src/inspector/model/changed-states.js';

describe('the states that a transition changed', () => {
  it.each([
    [['idle'], ['submitting'], 'idle → submitting'],
    [['alive.pulse.asking', 'alive.condition.beating'], ['alive.pulse.resting', 'alive.condition.beating'], 'asking → resting'],
    [['opening'], ['alive.pulse.resting', 'alive.condition.beating'], 'opening → alive.pulse.resting · alive.condition.beating'],
    [['alive.pulse.asking', 'alive.condition.atRisk'], ['alive.pulse.resting', 'alive.condition.beating'], 'pulse.asking · condition.atRisk → pulse.resting · condition.beating'],
    [[], ['idle'], 'start → idle'],
    [['idle'], [], 'idle → end'],
    [['idle'], ['idle'], 'idle, again'],
  ])('from %j to %j are %p', (from, to, text) => expect(changedStates(from, to)).toBe(text));
});
