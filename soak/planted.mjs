/**
 * Plants leaks in the program, one kind after the other, and ends with 1 when a soak does not notice one of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./run.mjs', import.meta.url));

/** What is to be said of each, and after how many operations: memory takes longer to settle than what is counted. */
const plants = [
  { name: 'actor', operations: 1_000, complaint: 'actors that run: grows' },
  { name: 'listener', operations: 1_000, complaint: 'listeners on the shared signal: grows' },
  { name: 'timer', operations: 1_000, complaint: 'timers of the client: grows' },
  { name: 'bytes', operations: 30_000, complaint: 'heap in use, MB: grows' },
];

for (const { name, operations, complaint } of plants) {
  const args = ['--operations', String(operations), '--hours', '1', '--sockets', '0', '--json', '--plant', name];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  /** @type {{ complaints: readonly string[] }} */
  const { complaints } = JSON.parse(said);
  const noticed = code === 1 && complaints.includes(complaint);
  console.log(`${name} with every operation: ${noticed ? 'noticed' : 'NOT NOTICED'} (${complaints.join('; ')})`);
  if (!noticed) process.exitCode = 1;
}
