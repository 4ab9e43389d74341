import { describe, expect, it } from '@jest/globals';
import { machineChart } from '../../../src/inspection/machine-chart.js';
import { changeOf, chartText, stateNames } from '../../../src/inspector/model/chart-text.js';
import { isActive, toneOf, toneWithin } from '../../../src/inspector/model/chart-tone.js';
import { sessionMachine } from '../../../src/machines/session-machine.js';

describe('chartText', () => {
  it('says where a machine is and how it came there', () => {
    const last = { event: 'request.settled', from: ['submitting'], to: ['wedged'], at: 0 };
    expect(chartText('training', ['wedged'], last)).toBe('training: in wedged. Last transition: request.settled, from submitting to wedged.');
  });

  it('says what it does not know', () => {
    expect(chartText('training', [], undefined)).toBe('training: in no known state. No transition yet.');
    expect(chartText('training', ['idle'], { event: 'start', from: [], to: ['idle'], at: 0 })).toContain('from the start to idle');
  });
});

describe('changeOf', () => {
  it('leaves out states that stayed', () => {
    const last = { event: 'e', from: ['alive.pulse.resting', 'alive.condition.beating'], to: ['alive.pulse.asking', 'alive.condition.beating'], at: 0 };
    expect(changeOf(last)).toEqual({ left: ['alive.pulse.resting'], entered: ['alive.pulse.asking'] });
    expect(stateNames(changeOf(last).entered)).toBe('asking');
  });

  it('takes a state that was entered anew as left and entered', () => {
    expect(changeOf({ event: 'e', from: ['busy'], to: ['busy'], at: 0 })).toEqual({ left: ['busy'], entered: ['busy'] });
  });
});

describe('tones of states', () => {
  it('mark danger, waiting and ends', () => {
    expect(['wedged', 'lost', 'failed'].map(toneOf)).toEqual(['bad', 'bad', 'bad']);
    expect([toneOf('paused'), toneOf('alive.condition.atRisk'), toneOf('stopped'), toneOf('submitting')]).toEqual(['warn', 'warn', 'over', 'busy']);
  });

  it('mark an outer state with the worst of what is active in it', () => {
    const chart = machineChart(sessionMachine);
    expect(toneWithin(chart, 'alive', ['alive.pulse.resting', 'alive.condition.atRisk'])).toBe('warn');
    expect(toneWithin(chart, 'alive', ['alive.pulse.resting', 'alive.condition.beating'])).toBe('busy');
    expect(toneWithin(chart, 'alive', [])).toBe('busy');
  });

  it('count parents of active states as active', () => {
    expect([isActive('alive', ['alive.pulse.resting']), isActive('alive.condition', ['alive.pulse.resting'])]).toEqual([true, false]);
  });
});
