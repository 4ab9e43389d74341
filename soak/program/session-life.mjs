import { decideWhenWedged } from './wedged.mjs';

/** The program's second service: it is opened, trains a little, and is closed, or its session is lost and nothing helps. */

/**
 * @param {object} parts
 * @param {import('../internals.mjs').Internals} parts.internals
 * @param {import('../../src/index.js').ServiceClientOptions} parts.options
 * @param {import('./tally.mjs').Tally} parts.tally
 * @param {AbortSignal} parts.signal
 * @param {(number: number) => import('../../src/index.js').Datum[]} parts.batch
 * @param {(ms: number) => Promise<void>} parts.pause
 * @param {((sessionId: string) => Promise<void>) | undefined} parts.forget makes the server forget the session; undefined: it is closed
 */
export async function liveSession({ internals, options, tally, signal, batch, pause, forget }) {
  /** @type {() => void} */
  let isLost = () => undefined;
  const lost = new Promise((resolve) => {
    isLost = () => resolve(undefined);
  });
  const service = new internals.ServiceClient({ ...options, onSessionLost: isLost });
  try {
    const training = await tally.of(service.createLoraTrainingClient({ baseModel: 'soak', rank: 8, signal }));
    if (training === undefined) return;
    decideWhenWedged(training);
    for (let step = 0; step < 3; step += 1) await tally.of(training.step(batch(1), 'cross_entropy', {}, { signal }), 2);
    const sampler = await tally.of(training.saveWeightsAndGetSamplingClient({ signal }));
    if (sampler !== undefined) await tally.of(sampler.sample({ prompt: [1, 2], samplingParams: { maxTokens: 4 } }, { signal }));
    const { session } = service.getSnapshot();
    if (forget === undefined || session.sessionId === undefined) {
      // Some work is open when it is closed.
      const open = tally.all([training.optimStep({}, { signal }), training.forwardBackward(batch(2), 'cross_entropy')]);
      await service.close();
      await open;
      return;
    }
    await forget(session.sessionId);
    await lost;
    await tally.of(service.createLoraTrainingClient({ baseModel: 'soak', rank: 8 }));
    await pause(1_000);
  } finally {
    await service.close();
  }
}
