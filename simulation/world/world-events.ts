import type { WorldFault } from '../network/fault-kinds.js';
import type { FaultPlan } from '../network/fault-plan.js';
import type { Network } from '../network/network.js';
import type { ServerModel } from '../server/server-model.js';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

export interface WorldEventsHost {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly plan: FaultPlan;
  readonly server: ServerModel;
  readonly network: Network;
  readonly note: (line: string) => void;
}

/** What happens to the machines, when its time comes. */
export class WorldEvents {
  readonly #host: WorldEventsHost;

  constructor(host: WorldEventsHost) {
    this.#host = host;
  }

  begin(): void {
    for (const { at, kind } of this.#host.plan.worldEvents) this.#host.time.after(at, () => this.#happen(kind));
  }

  #happen(kind: WorldFault): void {
    const { time, random, plan, server, network, note } = this.#host;
    plan.count(kind);
    note(`WORLD ${kind}`);
    switch (kind) {
      case 'restart, all kept':
        network.down(random.between(0, 20_000));
        break;
      case 'restart, models lost':
        network.down(random.between(0, 20_000));
        server.restart('models lost');
        break;
      case 'restart, all lost':
        network.down(random.between(0, 20_000));
        server.restart('all lost');
        break;
      case 'outage':
        network.down(random.weighted([[random.between(1_000, 60_000), 6], [random.between(60_000, 400_000), 1]]));
        break;
      case 'token revoked':
        server.accounts.revokeAll();
        break;
      case 'wall clock jump':
        time.setWall(random.between(-7_200_000, 7_200_000));
        break;
      case 'machine asleep':
        time.sleep(random.weighted([[random.between(1_000, 60_000), 3], [random.between(60_000, 7_200_000), 1]]));
        break;
    }
  }
}
