/**
 * The other side of `Child`: does what it is called for, in a process of its own.
 * @param {Record<string, (...args: any[]) => unknown>} does
 */
export function answerCalls(does) {
  /** @type {Map<number, (value: unknown) => void>} */
  const open = new Map();
  let asked = 0;
  process.on('message', (/** @type {any} */ message) => {
    if (message.answered !== undefined) {
      open.get(message.answered)?.(message.value);
      open.delete(message.answered);
      return;
    }
    Promise.resolve()
      .then(() => does[message.call]?.(...message.args))
      .then((value) => process.send?.({ id: message.id, value }))
      .catch((error) => process.send?.({ id: message.id, error: String(error?.stack ?? error) }));
  });
  // Signals of a terminal go to all; the process that it works for decides.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  // The process that it works for has gone.
  process.on('disconnect', () => process.exit());
  return {
    /**
     * @param {string} name
     * @param {...unknown} args
     */
    ask: (name, ...args) =>
      new Promise((resolve) => {
        asked += 1;
        open.set(asked, resolve);
        process.send?.({ id: asked, ask: name, args });
      }),
  };
}
