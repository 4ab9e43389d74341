import { orThrow } from '../calls/check-options.js';
import { invalid, type TinkerError } from '../types/errors.js';
import { checkCheckpointName } from '../types/ids.js';

const digits = 6;
// What a server takes is longer; the rest is for the step.
const longestName = 200;

/** The name of a checkpoint: `NAME-000120`, and `NAME-000120.2` where that is taken. */
export function stepLabel(name: string, step: number, take: number): string {
  const label = `${name}-${String(step).padStart(digits, '0')}`;
  return take === 1 ? label : `${label}.${take}`;
}

/** The step in the name of a checkpoint that was named so; undefined for any other. */
export function stepOfPath(path: string, names: readonly string[]): number | undefined {
  const [, name = '', step = ''] = /\/([^/]+)-(\d{6,15})(?:\.\d+)?$/.exec(path) ?? [];
  return names.includes(name) ? Number(step) : undefined;
}

/** @throws TinkerError `validation` */
export function checkLabelName(name: string | undefined, fallback: string): string {
  if (name === undefined) return fallback;
  const checked = orThrow(checkCheckpointName(name));
  if (checked.length > longestName) throw invalid('name', name, `at most ${longestName} characters, since the step is added to it`);
  return checked;
}

/** The names of one series of checkpoints, none twice. */
export class StepLabels {
  readonly #name: string;
  #step = -1;
  #take = 0;
  #least = 1;

  constructor(name: string) {
    this.#name = name;
  }

  /** The next name for what holds a step. */
  next(step: number): string {
    this.#take = step === this.#step ? this.#take + 1 : this.#least;
    this.#step = step;
    return stepLabel(this.#name, step, this.#take);
  }

  /** The server has such names of an earlier series: from now on ours are told apart. */
  taken(): void {
    this.#least += 1;
  }
}

/**
 * Whether a save failed since there is such a name. Servers say so with a status of 409 or in words only
 * (wire protocol §9.5); a name that is changed for nothing does no harm.
 */
export function isNameTaken({ status, message }: TinkerError): boolean {
  return status === 409 || /exists already|already exists|conflict/i.test(message);
}
