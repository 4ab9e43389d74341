import { type Command, InvalidArgumentError } from 'commander';
import { isEveryAddress } from '../server/listen.js';
import { startLocalServer, TinkerError, type LocalServer, type LocalServerOptions } from '../server/index.js';

interface ServeFlags {
  readonly port: number;
  readonly host?: string;
  readonly allowHost?: string[];
  readonly dataDir?: string;
  readonly apiKey?: string;
  readonly strict?: boolean;
  readonly faults?: boolean;
  readonly createModelViaLoadWeights?: boolean;
  readonly jwt?: boolean | number;
  readonly jsonOnly?: boolean;
  readonly clientConfig?: object;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

const defaultPort = 8471;

/** `tinkerjs serve`: runs the local server until it is told to stop. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve the Tinker training API on this machine, with real training on the CPU')
    .option('--port <number>', 'port to listen on; 0 takes any free one', toPort, defaultPort)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine only)')
    .option('--allow-host <name...>', 'names besides localhost under which it answers on this machine, such as that of a proxy')
    .option('--data-dir <folder>', 'where checkpoints, runs and sessions are kept (default: ~/.tinkerjs/server)')
    .option('--api-key <key>', 'key that clients must send (default: TINKER_API_KEY, or one kept in the data folder)')
    .option('--strict', 'as the hosted service, allow a load only as the first request of a model')
    .option('--faults', 'open fault injection and the execution ledger under /api/v1/local, for tests')
    .option('--create-model-via-load-weights', 'tell clients to create a model from a checkpoint in one request')
    .option('--jwt [seconds]', 'have clients exchange the key for tokens that live this long (3600 unless told otherwise)', toLifetime)
    .option('--json-only', 'take and answer passes and samples in JSON only, as servers did before protobuf')
    .option('--client-config <json>', 'what clients are told at their start, e.g. {"fwdbwdMaxChunkLen":8}; see clientConfig of startLocalServer', toObject)
    .option('--json', 'print one line of JSON: url, apiKey, dataDir, pid')
    .option('--verbose', 'report every request on stderr')
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const environmentKey = process.env['TINKER_API_KEY'];
  const givenKey = flags.apiKey ?? (environmentKey === '' ? undefined : environmentKey);
  const { json = false, jwt, allowHost, ...rest } = flags;
  const settings = { ...rest, allowedHosts: allowHost, jwtAuth: typeof jwt === 'number' ? { lifetimeSeconds: jwt } : jwt };
  const keyName = flags.apiKey === undefined ? 'TINKER_API_KEY' : '--api-key';
  const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
  const server = await start({ ...settings, apiKey: givenKey, log }, keyName);
  if (server === undefined) return;
  stopOnSignal(server);
  console.log(json ? machineLine(server) : humanLine(server, givenKey !== undefined, isEveryAddress(flags.host ?? '')));
}

/** Starts the server; a failure is explained, naming the key by where it came from, and becomes the exit code. */
async function start(options: LocalServerOptions, keyName: string): Promise<LocalServer | undefined> {
  try {
    return await startLocalServer(options);
  } catch (thrown) {
    const isBadOption = thrown instanceof TinkerError && thrown.kind === 'validation';
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const isBadKey = thrown instanceof TinkerError && thrown.field === 'apiKey';
    console.error(`tinkerjs serve: ${isBadKey ? message.replace(/^apiKey/, keyName) : message}`);
    process.exitCode = isBadOption ? 2 : 1;
    return undefined;
  }
}

/** The first signal stops in an orderly way; a second one does not wait for that. */
function stopOnSignal(server: LocalServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    server.close().catch((thrown: unknown) => {
      console.error(`tinkerjs serve: cannot stop cleanly: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      process.exitCode = 1;
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function machineLine({ url, apiKey, dataDir }: LocalServer): string {
  return JSON.stringify({ url, apiKey, dataDir, pid: process.pid });
}

/** A key that the user gave is a secret of theirs, and is not shown. */
function humanLine({ url, apiKey, dataDir }: LocalServer, isGiven: boolean, isEverywhere: boolean): string {
  const where = isEverywhere ? `${url} and every other address of this machine` : url;
  const settings = `TINKER_BASE_URL=${url}${isGiven ? ' (the key is the one you gave)' : ` TINKER_API_KEY=${apiKey}`}`;
  return `tinkerjs serves ${where}, data in ${dataDir}. Point a client at it: ${settings}`;
}

/** The range is the server's to check. */
function toLifetime(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of seconds');
}

/** What it may hold is the server's to check. */
function toObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('expected an object in JSON');
}

function toPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('expected a whole number from 0 to 65535');
}
