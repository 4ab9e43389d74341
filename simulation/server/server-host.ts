import type { ServerFault } from '../network/fault-kinds.js';
import type { Random } from '../world/random.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { ServerSettings } from './server-settings.js';

/** What a server may do that no server should; for trying whether that is noticed. */
export interface Quirks {
  readonly executesTwice?: boolean | undefined;
  readonly ignoresOrder?: boolean | undefined;
  readonly forgetsToExecute?: boolean | undefined;
  readonly callsDoneFailed?: boolean | undefined;
}

export interface ServerHost {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly settings: ServerSettings;
  readonly quirks: Quirks;
  /** Whether the server is to misbehave like this now; counts it. */
  readonly strikes: (fault: ServerFault) => boolean;
  readonly note: (line: string) => void;
}
