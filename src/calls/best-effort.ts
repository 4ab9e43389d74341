/** Waits for what tidies up; that it failed would say nothing that the failure before it does not. */
export async function bestEffort(work: PromiseLike<unknown>): Promise<void> {
  await work.then(undefined, () => undefined);
}
