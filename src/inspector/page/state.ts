import { computed, signal } from '@preact/signals';
import type { ServiceStore } from '../model/service-store.js';
import { Store } from '../model/store.js';
import type { Dropped, Hello } from '../protocol.js';

/** How the page stands with the program that it shows. Moments are the browser's. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'open' }
  | { readonly state: 'lost'; readonly since: number; readonly retryAt: number; readonly attempts: number };

/** What was told, and how often something was added: the store itself changes, so each publishing is a new object. */
export const published = signal({ store: new Store(), revision: 0 });

/** Grows at most ten times a second, however much is told. */
export const revision = computed(() => published.value.revision);

export const connection = signal<Connection>({ state: 'connecting' });

/** Undefined until the first greeting. */
export const hello = signal<Hello | undefined>(undefined);

/** Whether there is something to show: before, the page would say that there is nothing where it does not know yet. */
export const ready = signal(false);

export const dropped = signal<Dropped>({ records: 0, operations: 0 });

/** When something was told last, by the browser's clock; 0 before. */
export const heardAt = signal(0);

/** Each second the present moment by the program's clock; it stands still without a connection, and in a recording. */
export const now = signal(Date.now());

/** The same each second by the browser's clock, for what concerns the page itself. */
export const wallClock = signal(Date.now());

/** How it looks: for what draws on a canvas and has to read the colours anew. */
export const theme = signal<'light' | 'dark'>('light');

/** Id of the service that the reader chose; undefined for the first that is open. */
export const chosenService = signal<string | undefined>(undefined);

/** Key of the training client that the reader chose; undefined for the first that runs. */
export const chosenClient = signal<string | undefined>(undefined);

/** Whether what is shown goes on: not in a recording, and not without a connection. */
export const live = computed(() => hello.value?.source === 'live' && connection.value.state === 'open');

/** The service that is shown. Who reads it is drawn anew with every revision, as what is in it changes. */
export function presentService(): ServiceStore | undefined {
  const { services } = published.value.store;
  const chosen = chosenService.value === undefined ? undefined : services.get(chosenService.value);
  if (chosen !== undefined) return chosen;
  const all = [...services.values()];
  return all.find(({ service }) => service !== undefined && service.closedAt === undefined) ?? all.at(-1);
}
