import { ByteBudget } from '../machines/byte-budget.js';
import { defaultClientConfig, type ClientConfig } from '../types/service.js';

/** Room for bytes on their way, shared by all clients of a service. */
export class Budgets {
  /** For large results (wire protocol §3.4). */
  results = new ByteBudget(defaultClientConfig.inflightResponseBytes);
  /** For chunks of passes until the server has taken them (wire protocol §4.7). */
  dispatch = new ByteBudget(defaultClientConfig.fwdbwdDispatchBytes);

  /** Takes the sizes that the server names. */
  use(server: ClientConfig): void {
    this.results = new ByteBudget(server.inflightResponseBytes);
    this.dispatch = new ByteBudget(server.fwdbwdDispatchBytes);
  }
}
