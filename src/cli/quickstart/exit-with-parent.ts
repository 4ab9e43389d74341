/**
 * Preloaded (`node --import`) into every process that the quickstart starts. When the quickstart
 * dies, even by SIGKILL, the channel between the two closes and the child goes too, so that no
 * server is left behind. The programs themselves need to know nothing of it.
 */
process.on('disconnect', () => process.exit(1));
// Listening alone must not keep a program alive that has nothing left to do.
process.channel?.unref();
