/** Ends the browser of the suite, with all that it started. */
export default async function teardown() {
  await globalThis.browserServer?.close();
}
