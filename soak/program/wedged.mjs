/**
 * What a program does about a client that is wedged: somebody has to decide, or nothing goes on. Every other time the
 * operation is sent again, else given up.
 * @param {import('../../src/index.js').TrainingClient} training
 */
export function decideWhenWedged(training) {
  let times = 0;
  training.actor.on('operation.failed', ({ error }) => {
    if (error.kind !== 'wedged') return;
    times += 1;
    const retries = times % 2 === 1;
    // The client is wedged once it has said so.
    globalThis.queueMicrotask(() => {
      if (training.getSnapshot().state !== 'wedged') return;
      if (retries) training.retry();
      else training.skip();
    });
  });
}
