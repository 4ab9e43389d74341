import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/**
 * Runs something and writes what took the CPU meanwhile to the file that `BENCH_PROFILE` names: a `.cpuprofile` for
 * Chrome's developer tools or an editor.
 * @template A
 * @param {() => Promise<A>} run
 * @returns {Promise<A>}
 */
export async function profiled(run) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const given = await run();
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(process.env['BENCH_PROFILE'] ?? 'bench.cpuprofile', JSON.stringify(profile));
  return given;
}
