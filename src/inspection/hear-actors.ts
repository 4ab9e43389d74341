import type { InspectionEvent } from 'xstate';

/** An actor system of xstate's. */
interface System {
  inspect(observer: (event: InspectionEvent) => void): unknown;
}

const teller = '_sendInspectionEvent';

/**
 * Hears of everything that the actors of a system do, from before its root starts on. xstate copies each event for its
 * observers, which costs more than all that is made of it here; so it is heard where it is told, and an xstate that
 * tells it elsewhere is observed like any other.
 */
export function hearActors(system: System, next: (event: InspectionEvent) => void): void {
  const tell: unknown = Reflect.get(system, teller);
  if (typeof tell !== 'function') {
    system.inspect(next);
    return;
  }
  Reflect.set(system, teller, (event: InspectionEvent) => {
    next(event);
    Reflect.apply(tell, system, [event]);
  });
}
