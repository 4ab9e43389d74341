import type { Runtime } from '../service/runtime.js';
import { TinkerError } from '../types/errors.js';
import type { WaitOptions } from './wait.js';

/** What a call of several steps has to keep to, so that it can be given up between any two of them. */
export interface Steps {
  /** Aborted once nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** Waits on the service's clock. */
  readonly pause: (ms: number) => Promise<void>;
  /** The outcome of a step, or a rejection at once when the call is given up meanwhile. */
  readonly unlessGivenUp: <A>(step: Promise<A>) => Promise<A>;
}

/**
 * Runs a call of several steps within the caller's limits. When they are reached or the service is
 * closed, the steps are told, and the call ends after they have tidied up.
 */
export async function attended<A>(
  runtime: Runtime,
  call: string,
  options: WaitOptions,
  run: (steps: Steps) => Promise<A>,
): Promise<A> {
  const over = new AbortController();
  const steps = stepsUntil(over.signal, runtime);
  const running: Promise<A>[] = [];
  const start = () => {
    const started = run(steps);
    running.push(started);
    return started;
  };
  try {
    return await runtime.within(call, options, () => runtime.attend(call, start));
  } finally {
    over.abort();
    await Promise.allSettled(running);
  }
}

function stepsUntil(signal: AbortSignal, { config }: Runtime): Steps {
  const { clock } = config.environment;
  const givenUp = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new TinkerError('cancelled', 'The call was given up')));
  });
  givenUp.catch(() => undefined);
  const unlessGivenUp = <A>(step: Promise<A>) => Promise.race([step, givenUp]);
  const pause = async (ms: number) => {
    let timer: unknown;
    try {
      await unlessGivenUp(
        new Promise<void>((resolve) => {
          timer = clock.setTimeout(resolve, ms);
        }),
      );
    } finally {
      clock.clearTimeout(timer);
    }
  };
  return { signal, pause, unlessGivenUp };
}
