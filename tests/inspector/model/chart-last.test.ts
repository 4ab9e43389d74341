import { describe, expect, it } from '@jest/globals';
import { machineChart } from '../../../src/inspection/machine-chart.js';
import { transitionsTaken } from '../../../src/inspector/model/chart-last.js';
import { sessionMachine } from '../../../src/machines/session-machine.js';
import { trainingMachine } from '../../../src/machines/training-machine.js';

const training = machineChart(trainingMachine);
const session = machineChart(sessionMachine);
const taken = (chart: typeof training, event: string, from: readonly string[], to: readonly string[]): string[] =>
  transitionsTaken(chart, { event, from, to, at: 0 }).map((one) => `${one.from} ${one.event} ${one.to.join('+')}`);

describe('transitionsTaken', () => {
  it('finds the transition of an event', () => {
    expect(taken(training, 'queue.skipped', ['wedged'], ['idle'])).toEqual(['wedged queue.skipped idle']);
    expect(taken(training, 'request.settled', ['submitting'], ['wedged'])).toEqual(['submitting request.settled wedged']);
  });

  it('follows what happens at once after it', () => {
    expect(taken(training, 'request.settled', ['submitting'], ['holding'])).toEqual(['submitting request.settled idle', 'idle always holding']);
  });

  it('finds what an event set off that changes no state itself', () => {
    expect(taken(training, 'operation.requested', ['idle'], ['submitting'])).toEqual(['idle always submitting']);
  });

  it('finds transitions of the root, and of outer states', () => {
    expect(taken(training, 'client.stopped', ['idle'], ['stopped'])).toEqual([' client.stopped stopped']);
    expect(taken(session, 'session.refused', ['alive.pulse.asking', 'alive.condition.beating'], ['lost'])).toEqual(['alive session.refused lost']);
  });

  it('looks only at the region that changed', () => {
    const before = ['alive.pulse.resting', 'alive.condition.beating'];
    expect(taken(session, 'after heartbeat', before, ['alive.pulse.asking', 'alive.condition.beating'])).toEqual([
      'alive.pulse.resting after heartbeat alive.pulse.asking',
    ]);
  });

  it('takes the arrow between the states where the event is unknown', () => {
    expect(taken(training, 'whatever', ['wedged'], ['submitting'])).toEqual(['wedged queue.retried submitting']);
  });

  it('finds nothing where no arrow leads', () => {
    expect(taken(training, 'whatever', ['stopped'], ['submitting'])).toEqual([]);
    expect(taken(training, 'whatever', [], ['idle'])).toEqual([]);
  });
});
